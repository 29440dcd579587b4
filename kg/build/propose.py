"""Propose intents for review, and take those that a person accepted into the configured file of intents."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from extractors.grouping import brand_keys
from extractors.llm.session import FetchWeights, open_askers
from extractors.llm.stats import AskerStats
from extractors.propose import Known, Proposal, Proposed, propose
from kg.build.beside import aside, missed, read_catalogue
from kg.build.builds import Builds
from kg.build.encoding import open_embedder
from kg.build.intents_file import COLUMNS, Accepted, accepted, append_intents, append_rows, read_rows
from kg.build.report import Reporter, StageReport
from kg.build.settings import Workspace
from kg.build.stages.base import Artefacts, records
from kg.build.stages.link import open_linker
from kg.catalog.intents import read_intents
from kg.catalog.query_log import Search, read_queries
from kg.catalog.report import InputReport
from kg.catalog.samples import brand_names
from kg.curation.decisions import safe_cell
from kg.errors import ConfigError
from kg.model import Intent, IntentId, IntentKind, ProductType
from kg.records import atomic_path, write_jsonl

__all__ = ["ProposalReport", "Wanted", "accept_intents", "propose_intents"]

_WORK = "propose"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to propose from: the first ``types`` product types by reach, the ``top`` queries of a log."""

    out: Path
    types: int = 0
    query_log: Path | None = None
    top: int = 5000


@dataclass(frozen=True, slots=True)
class ProposalReport:
    """What was proposed, appended to ``file``; ``gates`` lists what was missed.

    ``queries`` counts the rows of the query log, ``drops`` is where the names that were dropped are listed.
    """

    file: str
    drops: str
    proposed: Proposed
    queries: InputReport | None
    answers: AskerStats
    gates: tuple[str, ...]


def propose_intents(
    workspace: Workspace, wanted: Wanted, fetch_weights: FetchWeights, reporter: Reporter
) -> ProposalReport:
    """Write new intents to the table ``wanted.out``, after the lines that are there, whose intents count as known.

    Raises:
        KgError: a file cannot be used, or the model refuses everything.
    """
    beside = aside(workspace, _WORK)
    builds = Builds(beside.builds)
    with builds.lock():
        before = read_catalogue(beside, builds.folder / "now", reporter)
        searches, queries = _searches(wanted, builds.folder)
        models, recorded = workspace.model_options(), workspace.recorded_answers()
        per_prompt = workspace.settings.extraction.concepts_per_prompt
        with open_askers(models, workspace.answers, recorded, fetch_weights, per_prompt=per_prompt) as askers:
            types = list(records(before.files("catalog", "product_types.jsonl"), ProductType))
            known = _known(workspace, before, types, wanted.out)
            started = time.monotonic()
            reporter.started(_WORK, 0)
            done = propose(askers.propose, types[: wanted.types], searches, known, reporter.advance)
            reporter.finished(StageReport(_WORK, done.counts, round(time.monotonic() - started, 3), 1, 0))
            stats = askers.propose.stats
        drops = builds.folder / "drops.jsonl"
        write_jsonl(drops, done.drops)
        write_jsonl(builds.folder / "failures.jsonl", done.failures)
        _write(wanted.out, done.proposals)
    return ProposalReport(str(wanted.out), str(drops), done, queries, stats, missed(stats))


def accept_intents(workspace: Workspace, file: Path) -> Accepted:
    """Append what a person accepted in ``file`` to the configured file of intents; doing it again adds nothing.

    Raises:
        ConfigError: no file of intents is configured.
        InputError: one of the files cannot be used; nothing is changed then.
    """
    name = workspace.settings.intents.file
    if not name:
        remedy = "name a file of intents there, with the columns id,name,kind,description,popularity"
        raise ConfigError(f"{workspace.config}: intents.file: nothing is configured", remedy=remedy)
    builds = Builds(aside(workspace, _WORK).builds)
    with builds.lock():
        target = workspace.path(name)
        read_intents(target, builds.folder)
        known = list(records([builds.folder / "intents.jsonl"], Intent))
        found = accepted(file, known)
        if found.intents:
            append_intents(target, found.intents)
    return found


def _searches(wanted: Wanted, folder: Path) -> tuple[Sequence[Search], InputReport | None]:
    if wanted.query_log is None:
        return (), None
    searches, report = read_queries(wanted.query_log, folder / "queries_rejects.jsonl")
    return searches[: wanted.top], report


def _known(workspace: Workspace, before: Artefacts, types: Sequence[ProductType], out: Path) -> Known:
    """Return what is known: intents, those of the table, products and brands."""
    products = before.file("catalog", "products.parquet")
    types_file, embedder = before.file("catalog", "product_types.jsonl"), open_embedder(workspace)
    linker = open_linker(workspace.settings.linking, types_file, products, embedder)
    intents = list(records(before.files("catalog", "intents.jsonl"), Intent))
    if out.exists():
        rows = [row.values for row in read_rows(out)]
        intents += [Intent(IntentId(row["id"]), row["name"], IntentKind.QUERY) for row in rows]
    return Known(intents, brand_keys(brand_names(products), [kind.name for kind in types]), linker.link_all)


def _write(out: Path, proposals: Sequence[Proposal]) -> None:
    """Append to the table, or begin it: CSV that a spreadsheet takes for UTF-8."""
    rows = [{name: safe_cell(value) for name, value in _row(each).items()} for each in proposals]
    if rows and not out.exists():
        header = io.StringIO()
        csv.writer(header, lineterminator="\r\n").writerow(COLUMNS)
        with atomic_path(out) as temporary:
            temporary.write_bytes(header.getvalue().encode("utf-8-sig"))
    if rows:
        append_rows(out, rows)


def _row(proposal: Proposal) -> dict[str, str]:
    evidence: list[str] = []
    if proposal.searches:
        evidence.append(f"{proposal.searches} searches")
    if proposal.types:
        kinds = "product type" if len(proposal.types) == 1 else "product types"
        evidence.append(f"{len(proposal.types)} {kinds}: {', '.join(proposal.types)}")
    if proposal.spellings:
        evidence.append(f"also as: {', '.join(proposal.spellings)}")
    return {
        "id": proposal.id,
        "name": proposal.name,
        "kind": proposal.kind.value if proposal.kind else "",
        "popularity": str(proposal.searches),
        "evidence": "; ".join(evidence),
    }
