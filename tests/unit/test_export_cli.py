"""``kg export``: what it writes where, what it says, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg.store.export.registry import FORMATS
from tests.parts.commands import kg, sample_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of the sample shop, built but never loaded: there is no graph."""
    config = sample_shop(tmp_path_factory.mktemp("shop"))
    said = kg("build", "-q", "--to", "project", "--config", config)
    assert said.code == 0, said.err
    return config


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_written_beside_the_configuration(name: str, shop: Path) -> None:
    """Without a graph, without options: the latest build, named after itself; what was written is said."""
    build = (shop.parent / "builds" / "LATEST").read_text().strip()
    said = kg("export", name, "--config", shop)
    assert said.code == 0, said.err
    out = shop.parent / "exports" / f"{build}{FORMATS[name].ending}"
    assert out.exists()
    assert f"wrote {out}: " in said.err
    assert said.out.startswith(f"cd {out} && neo4j-admin database import full neo4j") == (name == "neo4j-admin")


def test_machines_get_the_files_with_rows_and_bytes(shop: Path, tmp_path: Path) -> None:
    """--json prints one document, which adds up to what is on the disk."""
    said = kg("export", "parquet", "--json", "-q", "--out", tmp_path / "tables", "--config", shop)
    assert (said.code, said.err) == (0, "")
    assert {each["name"]: each["bytes"] for each in said.data["files"]} == {
        path.name: path.stat().st_size for path in (tmp_path / "tables").iterdir() if path.name != "export.json"
    }
    assert said.data["rows"] == sum(each["rows"] for each in said.data["files"]) > 1000
    assert said.data["bytes"] == sum(each["bytes"] for each in said.data["files"])
    assert (said.data["format"], said.data["path"]) == ("parquet", str(tmp_path / "tables"))


def test_a_build_is_found_by_the_beginning_of_its_name(shop: Path, tmp_path: Path) -> None:
    """As in the other commands."""
    build = (shop.parent / "builds" / "LATEST").read_text().strip()
    said = kg("export", "qa", "--build", build[:5], "--json", "-q", "--out", tmp_path / "qa", "--config", shop)
    assert said.data["build"] == build


@pytest.mark.parametrize("build", ["bffffffffffff", "../builds", ""])
def test_an_unknown_build_is_refused_with_those_there_are(build: str, shop: Path, tmp_path: Path) -> None:
    """One line, with the names to choose from; nothing is written."""
    said = kg("export", "qa", "--build", build, "--out", tmp_path / "qa", "--config", shop)
    if build:
        assert said.code == 1
        assert f"no build {build!r}" in said.err
        assert "there are: b" in said.err
        assert not (tmp_path / "qa").exists()
    else:
        assert said.code == 0


def test_without_a_build_the_remedy_is_to_make_one(tmp_path: Path) -> None:
    """A shop that was never built has nothing to export."""
    config = sample_shop(tmp_path)
    said = kg("export", "graphml", "--config", config)
    assert (said.code, said.err) == (1, "error: there is no finished build to export; run 'kg build'\n")


def test_what_is_there_is_not_overwritten(shop: Path, tmp_path: Path) -> None:
    """A second run names the remedy; --force does it."""
    first = ("export", "graphml", "-q", "--config", shop, "--out", tmp_path / "g.graphml")
    assert kg(*first).code == 0
    said = kg(*first)
    assert said.code == 1
    assert f"{tmp_path / 'g.graphml'}: is there already; " in said.err
    assert kg(*first, "--force").code == 0


def test_a_place_that_cannot_be_written_is_an_error_of_one_line(shop: Path, tmp_path: Path) -> None:
    """The place, the reason of the system, and what to check."""
    (tmp_path / "file").write_text("")
    said = kg("export", "graphml", "-q", "--config", shop, "--out", tmp_path / "file" / "below" / "g.graphml")
    assert said.code == 1
    assert said.err.count("\n") == 1
    assert "g.graphml: cannot be written: " in said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["neo4j-admin", "--database", "a b; rm"], "is no name of a Neo4j database"),
        (["neo4j-admin", "--part-rows", "0"], "0 is not in the range x>=1"),
        (["jsonld", "--base-iri", "shop.example"], "it needs a scheme"),
        (["jsonld", "--base-iri", 'x:"><'], "is no IRI"),
        (["jsonld", "--currency", "euro"], "no code of three letters"),
        (["qa", "--valid", "2"], "2.0 is not in the range"),
        (["qa", "--phrasings", "9"], "9 is not in the range"),
        (["graphml", "--level", "all"], "'all' is not one of 'type', 'product'"),
        (["csv"], "No such command 'csv'"),
    ],
)
def test_wrong_usage_is_explained(arguments: list[str], said: str, shop: Path) -> None:
    """Exit code 2, before anything is read or written."""
    config = [] if arguments == ["csv"] else ["--config", shop]
    ended = kg("export", *arguments, *config)
    assert ended.code == 2
    assert said in " ".join(ended.err.split())


def test_the_command_is_one_for_the_configured_database(shop: Path, tmp_path: Path) -> None:
    """It names store.database, or the one that is given."""
    config = tmp_path / "config.yaml"
    config.write_text(
        f"build: {{folder: {json.dumps(str(shop.parent / 'builds'))}}}\n"
        "store: {kind: neo4j, uri: 'bolt://127.0.0.1:1', password: x, database: shop}\n"
    )
    said = kg("export", "neo4j-admin", "-q", "--out", tmp_path / "one", "--config", config)
    assert " database import full shop " in said.out
    said = kg("export", "neo4j-admin", "-q", "--out", tmp_path / "two", "--database", "other", "--config", config)
    assert " database import full other " in said.out
