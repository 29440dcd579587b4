"""``kg export``: a finished build for other tools."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click

from kg.build.builds import Builds
from kg.build.publish import graph_files
from kg.cli.progress import StepProgress
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.errors import ArtefactError
from kg.model import Level
from kg.store.export.graphml import GraphmlOptions
from kg.store.export.jsonld import JsonldOptions
from kg.store.export.neo4j_admin import Neo4jAdminOptions
from kg.store.export.parquet import ParquetOptions
from kg.store.export.qa import QaOptions
from kg.store.export.qa_templates import PHRASINGS
from kg.store.export.registry import FORMATS, Options
from kg.store.export.run import Asked, ExportReport
from kg.store.export.run import export as run_export

__all__ = ["export"]

P = ParamSpec("P")
_LEVELS = [level.value for level in Level]
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*")


@dataclass(frozen=True)
class _Task:
    """What all formats are asked: which build, where to, and how to report."""

    session: Session
    build: str | None
    out: Path | None
    force: bool
    as_json: bool

    def run(self, name: str, options: Options) -> None:
        """Write the build in one of the formats, and say what was written."""
        builds = Builds(self.session.workspace.builds)
        build = builds.find(self.build) if self.build else builds.latest()
        if build is None:
            raise ArtefactError("there is no finished build to export", remedy="run 'kg build'")
        form = FORMATS[name]
        out = self.out or self.session.workspace.path("exports") / f"{build}{form.ending}"
        steps = StepProgress(quiet=self.session.verbosity < 0)
        report = run_export(graph_files(builds, build), Asked(name, build, out, options, self.force), steps)
        if self.as_json:
            echo_json(report)
        else:
            _print(self.session, report)


def _print(session: Session, report: ExportReport) -> None:
    files = f"{count:,} files" if (count := len(report.files)) > 1 else "1 file"
    size = f"{report.rows:,} rows in {files}, {report.bytes / 1e6:,.1f} MB"
    session.say(f"wrote {report.path}: {size}; {report.seconds:.1f} s")
    if report.command:
        session.say("run this where Neo4j is, while the database is not running (import.sh there does the same):")
        click.echo(f"cd {shlex.quote(report.path)} && {report.command}")


def _task(command: Callable[Concatenate[_Task, P], Any]) -> Callable[P, Any]:
    """Add --build, --out, --force, --json and what every command has, and give the command a :class:`_Task`."""

    @with_session
    @click.option("--build", metavar="BUILD", help="Which build, or the beginning of its name. [default: the latest]")
    @click.option(
        "--out",
        type=click.Path(path_type=Path),
        help="Where to write. [default: the folder 'exports' beside the configuration]",
    )
    @click.option("--force", is_flag=True, help="Replace what is there, if it is an export.")
    @json_option
    @functools.wraps(command)
    def wrapped(
        session: Session,
        build: str | None,
        out: Path | None,
        force: bool,
        as_json: bool,
        **kwargs: Any,  # noqa: ANN401 - the options of each format
    ) -> Any:  # noqa: ANN401 - as above
        return command(_Task(session, build, out, force, as_json), **kwargs)  # pyright: ignore[reportCallIssue]

    return wrapped  # pyright: ignore[reportReturnType]


def _level(default: Level) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    return click.option(
        "--level",
        type=click.Choice(_LEVELS),
        default=default.value,
        show_default=True,
        help="Knowledge about product types only, or that about products as well.",
    )


@click.group()
def export() -> None:
    """Write a finished build for other tools, from its files: no graph server is needed.

    \b
    kg export neo4j-admin   CSV for Neo4j's offline importer: the way to fill a large graph for the first time
    kg export parquet       tables for data frames, warehouses and notebooks
    kg export jsonld        schema.org, one document a line
    kg export graphml       for Gephi, yEd and NetworkX
    kg export qa            questions and answers for fine-tuning a chat model

    The same build gives the same bytes. What is written appears whole or not at all: a run that is stopped leaves what
    was there before. Memory stays flat, however large the build is.
    """


@export.command("neo4j-admin")
@_task
@click.option("--gzip", "compress", is_flag=True, help="Compress the data files.")
@click.option(
    "--part-rows",
    type=click.IntRange(min=1),
    default=5_000_000,
    show_default=True,
    metavar="N",
    help="Begin a new file after N rows.",
)
@click.option("--database", metavar="NAME", help="The database to import into. [default: store.database]")
def neo4j_admin(task: _Task, compress: bool, part_rows: int, database: str | None) -> None:
    """Write CSV files for 'neo4j-admin database import full', and the command that imports them.

    The imported database is a published graph, the same that 'kg publish' makes, in a fraction of the time: on from
    some millions of edges, fill a new database this way, then run 'kg publish', which adds the indexes.

    The database must be empty, and not running. The folder holds import.sh, which is the whole command; it is printed
    as well.

    \b
    Example:
      kg export neo4j-admin --out /data/import && sh /data/import/import.sh
    """
    name = database or task.session.workspace.store_options().database
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9.-]{2,62}", name):
        raise click.UsageError(f"--database: {name!r} is no name of a Neo4j database")
    task.run("neo4j-admin", Neo4jAdminOptions(part_rows, compress, name))


@export.command()
@_task
@_level(Level.TYPE)
def graphml(task: _Task, level: str) -> None:
    """Write one GraphML file: intents, product types, themes and the edges between them.

    Nodes have 'label' (the name), 'type' and 'key' (the id); edges 'label' (the relation) and 'weight' (the
    confidence): Gephi, yEd and NetworkX take them up by themselves. With '--level product' the file has all products
    and their edges, too, which is more than most viewers can hold.

    \b
    Example:
      kg export graphml --out types.graphml
    """
    task.run("graphml", GraphmlOptions(Level(level)))


@export.command()
@_task
@_level(Level.PRODUCT)
@click.option(
    "--base-iri",
    default="urn:product-kg:",
    show_default=True,
    metavar="IRI",
    help="What the identifiers of all things begin with.",
)
@click.option("--currency", default="", metavar="CODE", help="The currency of the prices: EUR, USD and so on.")
def jsonld(task: _Task, level: str, base_iri: str, currency: str) -> None:
    """Write JSON-LD in the words of schema.org, one document a line.

    Products are Product, intents and product types DefinedTerm. Complements are isRelatedTo, substitutes isSimilarTo;
    what schema.org has no word for (confidence, explanation and so on) has a word of ours, listed in docs/exports.md.

    \b
    Example:
      kg export jsonld --base-iri https://shop.example/id/ --currency EUR --out products.jsonl
    """
    if not _SCHEME.fullmatch(base_iri):
        raise click.UsageError(f"--base-iri: {base_iri!r} is no IRI: it needs a scheme, like https://shop.example/id/")
    if currency and not re.fullmatch(r"[A-Z]{3}", currency):
        raise click.UsageError(f"--currency: {currency!r} is no code of three letters, like EUR")
    task.run("jsonld", JsonldOptions(Level(level), base_iri, currency))


@export.command()
@_task
def parquet(task: _Task) -> None:
    """Write a folder of Parquet files: a table for every kind of node and of edge, flat and typed.

    columns.json there says what each column means.

    \b
    Example:
      kg export parquet --out tables
      duckdb -c "SELECT * FROM 'tables/edges_product_complements_product.parquet' LIMIT 5"
    """
    task.run("parquet", ParquetOptions())


@export.command()
@_task
@_level(Level.TYPE)
@click.option(
    "--phrasings",
    type=click.IntRange(1, PHRASINGS),
    default=2,
    show_default=True,
    metavar="N",
    help=f"Ask for the reason of each edge in N ways, at most {PHRASINGS}.",
)
@click.option(
    "--valid",
    type=click.FloatRange(0, 1),
    default=0.1,
    show_default=True,
    metavar="SHARE",
    help="The share of subjects whose questions go to valid.jsonl.",
)
def qa(task: _Task, level: str, phrasings: int, valid: float) -> None:
    """Write questions and answers for fine-tuning a chat model: train.jsonl and valid.jsonl, in OpenAI's chat format.

    They come from edges that were kept, with their explanations: what goes with a thing, and why. All questions about
    one subject are in one of the files, and none is asked twice.

    \b
    Example:
      kg export qa --level product --phrasings 3 --out qa
    """
    task.run("qa", QaOptions(Level(level), phrasings, valid))
