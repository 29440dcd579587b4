"""CSV for ``neo4j-admin database import full``: an offline first fill, as the loader would have written it.

Typed headers stand in files of their own, ids in one space a label. All text is quoted, quotes are doubled; list items
are joined by a character that no item has. Rows with a line break go to files of their own, as the importer can read
only the others with several threads.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from typing import Self

from kg.errors import StoreError
from kg.store import queries
from kg.store.export.output import Output, Sink
from kg.store.export.source import GENERATION, Source, Steps, Table
from kg.store.export.texts import number_text, quoted
from kg.store.kinds import EDGE_KINDS, NODE_KINDS, SCHEMA, EdgeKind, NodeTable

__all__ = ["NAME", "Neo4jAdminOptions", "write"]

NAME = "neo4j-admin"
SCRIPT = "import.sh"
"""The command that imports the folder, ready to run."""

_TYPES = {
    "VARCHAR": "string", "BOOLEAN": "boolean", "BIGINT": "long", "INTEGER": "long", "DOUBLE": "double",
    "VARCHAR[]": "string[]", "DOUBLE[]": "double[]",
}  # fmt: skip
# What no catalogue or model writes comes first; of the characters for private use one is always free.
_DELIMITERS = tuple(map(chr, (0x1F, 0x1E, 0x1D, 0x1C, *range(0xE000, 0xE100))))
_DELIMITER_CODE = "U+{:04X}"
_KINDS = (*NODE_KINDS, *EDGE_KINDS)


@dataclass(frozen=True, slots=True)
class Neo4jAdminOptions:
    """How to write: rows of a data file at most, whether files are compressed, and the database to import into."""

    part_rows: int = 5_000_000
    compress: bool = False
    database: str = "neo4j"


@dataclass(frozen=True, slots=True)
class _Group:
    """The files of one kind: ``argument`` says what they are to the importer."""

    argument: str
    files: tuple[str, ...]
    broken: tuple[str, ...] = ()


def write(source: Source, output: Output, options: Neo4jAdminOptions, steps: Steps) -> str:
    """Write a build as CSV with the command that imports it, and return that command.

    Raises:
        StoreError: the build's files do not fit together.
    """
    source.check()
    delimiter = _free_delimiter(source)
    groups: list[_Group] = []
    counts: dict[str, int] = {}
    for kind in _KINDS:
        table = source.graph_table(kind, steps)
        counts[kind.name] = table.rows
        if table.rows:
            groups.append(_write_kind(source, output, table, delimiter, (options, steps)))
    groups += _write_marks(output, source.build, counts)
    _write_schema(output)
    command = _command(groups, delimiter, options.database)
    with output.file(SCRIPT) as sink:
        sink.text(_script(command, source.build))
    return command


def _free_delimiter(source: Source) -> str:
    """Return a character that is in no item of a list."""
    lists = [
        f"SELECT array_to_string({quoted(name)}, '') AS items FROM ({kind.select})"
        for kind in _KINDS
        for name, kept in source.table(kind).columns.items()
        if kept == "VARCHAR[]" and name in kind.ours
    ]
    for mark in _DELIMITERS:
        if not source.count(f"SELECT 1 FROM ({' UNION ALL '.join(lists)}) WHERE contains(items, chr({ord(mark)}))"):
            return mark
    raise StoreError("list items hold every character that could part them", remedy="clean the names of contexts")


def _write_kind(
    source: Source, output: Output, table: Table, delimiter: str, told: tuple[Neo4jAdminOptions, Steps]
) -> _Group:
    options, steps = told
    kind = table.kind
    columns = {name: kept for name, kept in table.columns.items() if name in {*kind.keys, *kind.ours}}
    header = f"csv/{kind.stem}.header.csv"
    with output.file(header) as sink:
        sink.text(",".join(_field(kind, name, kept) for name, kept in columns.items()) + "\n")
    line = " || ',' || ".join(_cell(name, kept, delimiter) for name, kept in columns.items())
    text = f"SELECT {line} FROM ({table.select}) ORDER BY {', '.join(kind.keys)}"
    with ExitStack() as stack:
        plain = stack.enter_context(_Parts(output, f"csv/{kind.stem}", options))
        broken = stack.enter_context(_Parts(output, f"csv/{kind.stem}-lines", options))
        for batch in source.tuples(text):
            lines = [row[0] for row in batch]
            several = {n for n, line in enumerate(lines) if "\n" in line or "\r" in line}
            broken.lines([lines[n] for n in sorted(several)])
            plain.lines([line for n, line in enumerate(lines) if n not in several] if several else lines)
            steps("writing", len(lines), source.total(_KINDS))
    argument = f"--nodes={kind.label}" if isinstance(kind, NodeTable) else f"--relationships={kind.relation}"
    return _Group(argument, (header, *plain.names, *broken.names), tuple(broken.names))


class _Parts:
    """Data files ``<stem>-0000.csv`` and on, each of so many rows at most; none when there are no rows."""

    def __init__(self, output: Output, stem: str, options: Neo4jAdminOptions) -> None:
        self.names: list[str] = []
        self._output, self._stem, self._options = output, stem, options
        self._open = ExitStack()
        self._sink: Sink | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.__exit__(*error)  # pyright: ignore[reportArgumentType]

    def lines(self, lines: Sequence[str]) -> None:
        """Write rows, beginning new files where the last is full."""
        rest = list(lines)
        while rest:
            sink = self._current()
            room = self._options.part_rows - sink.rows
            sink.lines(rest[:room])
            rest = rest[room:]

    def _current(self) -> Sink:
        if self._sink is None or self._sink.rows >= self._options.part_rows:
            self._open.close()
            packed = self._options.compress
            self.names.append(f"{self._stem}-{len(self.names):04}.csv{'.gz' if packed else ''}")
            self._sink = self._open.enter_context(self._output.file(self.names[-1], compress=packed))
        return self._sink


def _field(kind: NodeTable | EdgeKind, name: str, kept: str) -> str:
    """Return a column's field of the header."""
    if isinstance(kind, NodeTable) and name == "id":
        return f"id:ID({kind.label})"
    if isinstance(kind, EdgeKind) and name in kind.keys:
        mark, label = ("START_ID", kind.source) if name == "s" else ("END_ID", kind.target)
        return f":{mark}({label})"
    if kept not in _TYPES:
        raise StoreError(f"{kind.name}.{name}: the importer has no type for {kept}")
    return f"{name}:{_TYPES[kept]}"


def _cell(name: str, kept: str, delimiter: str) -> str:
    """Return SQL of a column's cell: nothing at all for what is not there."""
    column = quoted(name)
    if kept == "VARCHAR":
        return f"coalesce({_text(column)}, '')"
    if kept.endswith("[]"):
        # The importer takes an empty list for nothing, however it is written.
        joined = _text(f"array_to_string({column}, chr({ord(delimiter)}))")
        return f"CASE WHEN len({column}) > 0 THEN {joined} ELSE '' END"
    if kept == "DOUBLE":
        return f"coalesce({number_text(name)}, '')"
    return f"coalesce(CAST({column} AS VARCHAR), '')"


def _text(value: str) -> str:
    return f"""'"' || replace({value}, '"', '""') || '"'"""


def _write_marks(output: Output, build: str, counts: dict[str, int]) -> list[_Group]:
    """Write what makes the imported graph a published build. An import has no time of its own: that is 0."""
    text = json.dumps(counts, sort_keys=True)
    meta = {
        "id:ID(KgMeta)": "current", "generation:long": GENERATION, "newest:long": GENERATION, "build:string": build,
        "newest_build:string": build, "schema:long": SCHEMA, "counts:string": text,
    }  # fmt: skip
    made = {
        ":ID(KgGeneration)": "1", "id:long": GENERATION, "build:string": build, "published_at:long": 0,
        "counts:string": text,
    }  # fmt: skip
    groups: list[_Group] = []
    for label, values in (("KgMeta", meta), ("KgGeneration", made)):
        names = f"csv/nodes_{label}.header.csv", f"csv/nodes_{label}-0000.csv"
        with output.file(names[0]) as sink:
            sink.text(",".join(values) + "\n")
        with output.file(names[1]) as sink:
            sink.lines([",".join(_plain(value) for value in values.values())])
        groups.append(_Group(f"--nodes={label}", names))
    return groups


def _plain(value: str | int) -> str:
    return str(value) if isinstance(value, int) else '"' + value.replace('"', '""') + '"'


def _write_schema(output: Output) -> None:
    with output.file("schema.cypher") as sink:
        sink.text("// Constraints and indexes. 'kg publish' makes them, too.\n")
        for file in queries.SCHEMA_FILES:
            sink.text("".join(f"{statement};\n" for statement in queries.statements(file)))


def _command(groups: Sequence[_Group], delimiter: str, database: str) -> str:
    """Return the command, one argument a line. Its paths start at the export's folder."""
    arguments = ["--id-type=string", f"--array-delimiter={_DELIMITER_CODE.format(ord(delimiter))}"]
    if broken := list(chain.from_iterable(group.broken for group in groups)):
        arguments += [f"--multiline-fields={','.join(broken)}", "--multiline-fields-format=v2"]
    arguments += [f"{group.argument}={','.join(group.files)}" for group in groups]
    lines = (shlex.quote(argument) for argument in arguments)
    return f"neo4j-admin database import full {shlex.quote(database)} \\\n  " + " \\\n  ".join(lines)


def _script(command: str, build: str) -> str:
    return f"""#!/bin/sh
# Imports build {build} into a database of Neo4j 5.26 or later that does not exist yet, or is empty.
# The database must not be running. Run this on its machine, as the user that Neo4j runs as.
# What you add goes to neo4j-admin:  sh {SCRIPT} --threads=8 --verbose
# NEO4J_ADMIN names the program if it is not on the PATH.
# Afterwards start Neo4j and run 'kg publish': it makes the indexes (as does schema.cypher) and has nothing else to do.
set -eu
cd -- "$(dirname -- "$0")"
neo4j_admin() {{ "${{NEO4J_ADMIN:-neo4j-admin}}" "$@"; }}
{command.replace("neo4j-admin", "neo4j_admin", 1)} \\
  --report-file="${{TMPDIR:-/tmp}}/kg-import.report" \\
  "$@"
"""
