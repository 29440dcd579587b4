"""The Cypher files as a library."""

import re
import subprocess
import sys
from importlib.resources import files

import pytest

from kg.errors import StoreError
from kg.store import queries

AVOID = re.compile(
    r"(?i)\bapoc\.|\bCALL\s*\{[^}]*\}\s*IN\s+TRANSACTIONS|\bCOLLECT\s*\{|\bdatetime\(|\bdate\(|:\$\(|\bNODE KEY\b"
)


@pytest.mark.parametrize("name", queries.names())
def test_a_file_says_what_it_is_for(name: str) -> None:
    """Every file starts with purpose, parameters, result and cost."""
    text = queries.header(name)
    assert text.startswith("// Purpose: ")
    for part in ("Parameters:", "Result", "Cost:"):
        assert part in text


@pytest.mark.parametrize("name", queries.names())
def test_a_server_is_not_sent_what_is_for_readers(name: str) -> None:
    """A query is the file without its header; nothing else of it is missing."""
    text = files("cypher").joinpath(f"{name}.cypher").read_text("utf-8")
    assert "//" not in queries.cypher(name)
    assert text == f"{queries.header(name)}\n{queries.cypher(name)}\n"


@pytest.mark.parametrize("name", queries.names())
def test_a_file_stays_inside_the_portable_dialect(name: str) -> None:
    """No file uses what one of the stores lacks, and every column is named, but for what Bloom draws."""
    body = queries.cypher(name)
    if not name.startswith("bloom/review_"):  # these only print a time; a test runs them on both stores
        assert not AVOID.search(body)
    if name.startswith(("bloom/phrase_", "bloom/action_")):
        return
    bare = re.sub(r"\[[^\[\]]*\]", "[]", re.sub(r"'[^']*'|\"[^\"]*\"", "''", body))  # commas inside divide no columns
    for returned in re.findall(
        r"RETURN (?:DISTINCT )?(.+?)(?=\nUNION|\nORDER|\nLIMIT|\Z|RETURN|MATCH)", bare, re.DOTALL
    ):
        for column in re.split(r",\s*(?![^(]*\))", returned.strip().rstrip(";")):
            assert " AS " in column


@pytest.mark.parametrize("name", [name for name in queries.names() if name.startswith("lookup/")])
def test_a_look_up_has_a_bound_or_one_pair_or_counts(name: str) -> None:
    """No look-up returns an unbounded number of rows."""
    text = queries.cypher(name)
    assert "LIMIT" in text or name in {"lookup/why", "lookup/why_pair", "lookup/resolve_id", "lookup/stats"}


def test_an_unknown_name_is_named() -> None:
    """A missing file is a clear error."""
    with pytest.raises(StoreError, match=r"no query 'lookup/nope\.cypher'"):
        queries.cypher("lookup/nope")


def test_statements_are_split_without_their_comments() -> None:
    """A schema file is a list of statements."""
    found = queries.statements("schema/constraints.cypher")
    assert len(found) == 8
    assert all(text.startswith("CREATE CONSTRAINT") for text in found)


def test_indexes_to_search_by_have_one_name_in_both_dialects() -> None:
    """The SQL beside the Cypher creates the same indexes, over vectors as well."""
    pattern = re.compile(r"INDEX (kg_\w+)")
    sql = files("cypher").joinpath("schema/arcadedb/search.sql").read_text("utf-8")
    declared = [name for file in ("schema/fulltext", "schema/vector") for name in pattern.findall(queries.cypher(file))]
    assert pattern.findall(sql) == declared


@pytest.mark.parametrize(
    "module", ["kg.store.options", "kg.store.driver", "kg.store.stores", "kg.store.queries", "kg.store.lookup"]
)
def test_importing_the_store_loads_no_database(module: str) -> None:
    """Drivers and engines load when a store is opened, so that 'kg --help' stays quick."""
    code = f"import sys, {module}; sys.exit(bool({{'neo4j', 'arcadedb', 'duckdb'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
