"""The CSV for Neo4j's importer: headers, quoting, parts, the command, and what makes it a published graph."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kg.errors import StoreError
from kg.store.export.neo4j_admin import Neo4jAdminOptions
from kg.store.kinds import EDGE_KINDS, NODE_KINDS, SCHEMA, Kind
from tests.parts.exports import BUILD, contents, graph_rows, written
from tests.parts.hostile_world import HOSTILE, hostile_world
from tests.servers.graph_files import World, small_world, write_world

WORLDS = {"small": small_world(), "hostile": hostile_world()}
Row = dict[str, Any]


def arguments(out: Path) -> list[str]:
    """Return the importer's arguments, as the shell reads them from the script."""
    script = (out / "import.sh").read_text()
    command = script[script.index("neo4j_admin database") :].replace("\\\n", " ").splitlines()[0]
    return shlex.split(command)


def option(out: Path, name: str) -> list[str]:
    """Return the values of an option."""
    return [each.removeprefix(f"--{name}=") for each in arguments(out) if each.startswith(f"--{name}=")]


def delimiter(out: Path) -> str:
    """Return the character between the items of a list."""
    return chr(int(option(out, "array-delimiter")[0].removeprefix("U+"), 16))


def read(out: Path, stem: str) -> list[Row]:
    """Read a kind's files as the importer does: types from the header; an empty field that is not quoted is nothing."""
    header = (out / "csv" / f"{stem}.header.csv").read_text().strip().split(",")
    rows: list[Row] = []
    for file in sorted((out / "csv").glob(f"{stem}-*")):
        raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        # Python's reader does not tell an empty text from nothing, so the empty text gets a sign.
        text = "\n".join(raw.decode().split("\n"))
        rows += [dict(zip(header, values, strict=True)) for values in fields(text)]
    mark = delimiter(out)
    return [{name: value_of(name, value, mark) for name, value in row.items()} for row in rows]


def fields(text: str) -> Iterator[list[str | None]]:
    """Split CSV by RFC 4180; ``None`` is a field that is empty and not quoted."""
    row: list[str | None] = []
    at = 0
    while at < len(text):
        if text[at] == '"':
            end = at + 1
            while text[end] != '"' or text[end : end + 2] == '""':
                end += 2 if text[end : end + 2] == '""' else 1
            row.append(text[at + 1 : end].replace('""', '"'))
            at = end + 1
        else:
            end = min(place for place in (text.find(",", at), text.find("\n", at)) if place >= 0)
            row.append(text[at:end] or None)
            at = end
        if text[at] == "\n":
            yield row
            row = []
        at += 1


def value_of(name: str, text: str | None, mark: str) -> Any:
    """Return a field's value by the type in its header."""
    kind = name.rpartition(":")[2]
    if text is None:
        return [] if kind.endswith("[]") else None
    made = {"long": int, "double": float, "boolean": lambda said: said == "true"}
    if kind.endswith("[]"):
        return [made.get(kind[:-2], str)(part) for part in text.split(mark)]
    return made.get(kind, str)(text)


def bare(row: Row) -> Row:
    """Return a row by the names of properties, without what is absent."""
    names = {":START_ID": "s", ":END_ID": "t", "id:ID": "id"}
    found = {names.get(name.partition("(")[0], name.partition(":")[0]): value for name, value in row.items()}
    return {name: value for name, value in found.items() if value is not None and value != []}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("options", [Neo4jAdminOptions(), Neo4jAdminOptions(part_rows=3, compress=True)])
def test_the_files_hold_what_the_loader_writes(world: World, options: Neo4jAdminOptions, tmp_path: Path) -> None:
    """Every property of every node and relationship is there, under its type, whatever is in the texts."""
    out = written(tmp_path, world, "neo4j-admin", options)
    expected: dict[str, list[Row]] = {}
    for kind, row in graph_rows(write_world(tmp_path / "again", world)):
        keys = {name: row[name] for name in kind.keys}
        marks = {"since": 1, **({"build": BUILD} if "build" in kind.ours else {})}
        expected.setdefault(kind.stem, []).append(bare({**keys, **row["props"], **marks}))
    for stem, rows in expected.items():
        found = sorted(map(bare, read(out, stem)), key=lambda row: json.dumps(row, sort_keys=True))
        assert found == sorted(rows, key=lambda row: json.dumps(row, sort_keys=True)), stem
    assert {path.name.split(".header")[0] for path in (out / "csv").glob("*.header.csv")} == {
        *expected, "nodes_KgMeta", "nodes_KgGeneration",
    }  # fmt: skip


@pytest.mark.parametrize("kind", [*NODE_KINDS, *EDGE_KINDS], ids=lambda kind: kind.stem)
def test_rows_are_the_columns_of_their_select(kind: Kind, tmp_path: Path) -> None:
    """Exports read columns where the loader reads rows: both say the same, but for what is made in Python."""
    rows = [row for each, row in graph_rows(write_world(tmp_path, small_world())) if each == kind]
    made = {"search", "embedding"} & set(kind.ours)
    assert rows
    for row in rows:
        assert set(row) - {"props"} == set(kind.keys)
        assert set(row["props"]) == {*kind.columns, "h", *made}


def test_every_file_is_in_the_command_once(tmp_path: Path) -> None:
    """Each group begins with its header, and no data file is left out or named twice."""
    out = written(tmp_path, WORLDS["hostile"], "neo4j-admin", Neo4jAdminOptions(part_rows=2))
    groups = [each.rpartition("=")[2].split(",") for each in (*option(out, "nodes"), *option(out, "relationships"))]
    assert all(group[0].endswith(".header.csv") and len(group) > 1 for group in groups)
    named = [name for group in groups for name in group]
    assert sorted(named) == sorted(str(path.relative_to(out)) for path in (out / "csv").iterdir())
    assert {each.partition("=")[0] for each in option(out, "nodes")} == {
        *(kind.name for kind in NODE_KINDS), "KgMeta", "KgGeneration",
    }  # fmt: skip


def test_rows_with_line_breaks_are_in_files_of_their_own(tmp_path: Path) -> None:
    """The importer is told of those files, and all others can be split at line breaks."""
    out = written(tmp_path, WORLDS["hostile"], "neo4j-admin", Neo4jAdminOptions())
    broken = set(option(out, "multiline-fields")[0].split(","))
    assert option(out, "multiline-fields-format") == ["v2"]
    for path in (out / "csv").glob("*-*.csv"):
        text = path.read_bytes().decode()
        spans = len(list(csv.reader(io.StringIO(text, newline="")))) < text.count("\n")
        assert spans == (str(path.relative_to(out)) in broken), path.name
    assert not option(written(tmp_path / "x", WORLDS["small"], "neo4j-admin", Neo4jAdminOptions()), "multiline-fields")


def test_items_are_joined_by_what_is_in_none_of_them(tmp_path: Path) -> None:
    """The usual delimiter gives way when a text has it."""
    small = written(tmp_path / "small", WORLDS["small"], "neo4j-admin", Neo4jAdminOptions())
    hostile = written(tmp_path / "hostile", WORLDS["hostile"], "neo4j-admin", Neo4jAdminOptions())
    assert option(small, "array-delimiter") == ["U+001F"]
    assert not any(delimiter(hostile) in text for text in HOSTILE)


def test_parts_have_at_most_the_rows_asked_for(tmp_path: Path) -> None:
    """A kind of more rows begins a new file."""
    out = written(tmp_path, WORLDS["small"], "neo4j-admin", Neo4jAdminOptions(part_rows=3))
    rows = [path.read_text().count("\n") for path in sorted((out / "csv").glob("nodes_product-*.csv"))]
    assert rows == [3, 3, 2]


def test_the_imported_graph_is_a_published_build(tmp_path: Path) -> None:
    """KgMeta and KgGeneration say what the loader's publication says; the time of an import is not known."""
    out = written(tmp_path, WORLDS["small"], "neo4j-admin", Neo4jAdminOptions())
    (meta,), (generation,) = read(out, "nodes_KgMeta"), read(out, "nodes_KgGeneration")
    counts = json.loads(meta["counts:string"])
    assert counts["Product"] == len(WORLDS["small"].products)
    assert set(counts) == {kind.name for kind in (*NODE_KINDS, *EDGE_KINDS)}
    assert bare(meta) == {
        "id": "current", "generation": 1, "newest": 1, "build": BUILD, "newest_build": BUILD, "schema": SCHEMA,
        "counts": meta["counts:string"],
    }  # fmt: skip
    assert (generation["id:long"], generation["build:string"], generation["published_at:long"]) == (1, BUILD, 0)


def test_the_script_runs_from_anywhere_and_passes_options_on(tmp_path: Path) -> None:
    """It goes to its own folder, takes the program from NEO4J_ADMIN, and hands over what is added."""
    out = written(tmp_path / "a b", WORLDS["small"], "neo4j-admin", Neo4jAdminOptions(database="shop"))
    program = tmp_path / "admin"
    program.write_text('#!/bin/sh\npwd\nfor each in "$@"; do echo "$each"; done\n')
    program.chmod(0o755)
    said = subprocess.run(
        ["sh", str(out / "import.sh"), "--threads=3"],
        env={"NEO4J_ADMIN": str(program), "PATH": "/usr/bin:/bin"}, cwd="/", capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert said[:5] == [str(out), "database", "import", "full", "shop"]
    assert said[-2:] == ["--report-file=/tmp/kg-import.report", "--threads=3"]


def test_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    """An edge without its node is found before the importer finds it."""
    torn = replace(WORLDS["small"], products=WORLDS["small"].products[1:])
    with pytest.raises(StoreError, match="an end that is in no file"):
        written(tmp_path, torn, "neo4j-admin", Neo4jAdminOptions())


def test_kinds_without_rows_have_no_files(tmp_path: Path) -> None:
    """A build without themes names none to the importer, which would stumble over a header alone."""
    out = written(tmp_path, replace(WORLDS["small"], themes=()), "neo4j-admin", Neo4jAdminOptions())
    assert not list((out / "csv").glob("*theme*"))
    assert not [each for each in arguments(out) if "theme" in each.lower()]


def test_the_same_build_gives_the_same_bytes(tmp_path: Path) -> None:
    """Twice written, equal to the byte, compressed or not."""
    for options in (Neo4jAdminOptions(), Neo4jAdminOptions(compress=True)):
        one, other = (written(tmp_path / name, WORLDS["hostile"], "neo4j-admin", options) for name in "ab")
        assert contents(one) == contents(other)
