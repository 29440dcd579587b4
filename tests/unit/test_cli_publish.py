"""Publishing, going back, listing and checking, as an operator does it over a shop with two builds."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from kg.build.builds import Builds
from kg.build.settings import open_workspace
from kg.store.stores import open_store
from tests.parts.commands import Said, kg, sample_shop
from tests.servers.fixtures import run


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The sample shop with two builds, the first one served: the configuration and the builds' names."""
    config = sample_shop(tmp_path_factory.mktemp("two"))
    first = done(kg("build", "--json", "--config", config)).data["build"]
    settings = yaml.safe_load(config.read_text("utf-8"))
    settings["projection"] = {**settings.get("projection", {}), "top_k": {"COMPLEMENTS": 3}}
    config.write_text(yaml.safe_dump(settings), "utf-8")
    second = done(kg("build", "--to", "project", "--json", "--config", config)).data["build"]
    assert first != second
    return config, first, second


@pytest.fixture
def shop(two: tuple[Path, str, str]) -> tuple[Path, str, str]:
    """The two builds, the first one served again."""
    config, first, _ = two
    done(kg("publish", first, "--config", config))
    return two


def done(said: Said) -> Said:
    """Return what a command said that must have worked."""
    assert said.code == 0, said.err
    return said


def served(config: Path) -> str:
    """Return the build that ``kg builds`` says readers see."""
    (name,) = [line["name"] for line in kg("builds", "--json", "--config", config).data["builds"] if line["served"]]
    return name


def cypher(config: Path, text: str) -> None:
    """Change the graph behind our back."""
    with open_store(open_workspace(config).store_options()) as store:
        run(store, text)


def test_publishing_switches_and_rolling_back_switches_back(shop: tuple[Path, str, str]) -> None:
    """The latest build is the default, the one before it is where a rollback goes."""
    config, first, second = shop
    said = done(kg("publish", "--config", config))
    assert "Product-COMPLEMENTS->Product" in said.out
    assert f"readers see {second} instead of {first} (switched in " in said.out
    assert served(config) == second == Builds(open_workspace(config).builds).current()
    said = done(kg("rollback", "--config", config))
    assert f"readers see {first} instead of {second} (switched in " in said.out
    assert served(config) == first == Builds(open_workspace(config).builds).current()
    assert done(kg("rollback", second[:5], "--json", "--config", config)).data["build"] == second


def test_a_dry_run_counts_and_changes_nothing(shop: tuple[Path, str, str]) -> None:
    """What it counts is what the publication then writes."""
    config, first, second = shop
    planned = done(kg("publish", second, "--dry-run", "--json", "--config", config)).data
    assert served(config) == first
    written = done(kg("publish", second, "--json", "--config", config)).data
    assert planned["kinds"] == written["kinds"]
    assert (planned["generation"], written["before"], written["build"]) == (0, first, second)


def test_a_build_can_be_written_first_and_shown_later(shop: tuple[Path, str, str]) -> None:
    """Without the switch readers keep what they see; the second run has nothing left to write."""
    config, first, second = shop
    said = done(kg("publish", second, "--no-switch", "--config", config))
    assert f"readers still see the build they saw; 'kg publish {second}' switches them" in said.out
    assert served(config) == first
    later = done(kg("publish", second, "--json", "--config", config)).data
    assert (later["created"], later["updated"], later["deleted"], later["build"]) == (0, 0, 0, second)
    assert served(config) == second


def test_builds_are_listed_with_what_the_graph_holds(shop: tuple[Path, str, str]) -> None:
    """Served, latest, and since when; sizes from the build's files."""
    config, first, second = shop
    lines = {line["name"]: line for line in kg("builds", "--json", "--config", config).data["builds"]}
    assert (lines[first]["served"], lines[first]["latest"]) == (True, False)
    assert (lines[second]["served"], lines[second]["latest"]) == (False, True)
    assert lines[first]["products"] == 875
    assert lines[first]["edges"] > lines[second]["edges"] > 0
    assert min(lines[first]["finished_at"], lines[first]["published_at"]) > 1_600_000_000_000
    table = done(kg("builds", "--config", config)).out
    assert "served" in table
    assert "latest" in table


def test_a_check_finds_damage_and_mends_it(shop: tuple[Path, str, str]) -> None:
    """Exit code 3 and an example before the repair, a clean graph after it."""
    config, first, _ = shop
    assert "ok     nothing missing" in done(kg("verify", "--config", config)).out
    cypher(config, "MATCH (:Product)-[r:COMPLEMENTS]->(:Product) WITH r LIMIT 2 DELETE r")
    said = kg("verify", "--config", config)
    assert said.code == 3
    assert "wrong  nothing missing: 2" in said.out
    assert "Product-COMPLEMENTS->Product" in said.out
    assert "kg verify --repair" in said.err
    assert done(kg("verify", "--repair", "--json", "--config", config)).data["ok"] is True
    assert served(config) == first


def test_a_build_that_is_not_there_is_named_with_those_that_are(shop: tuple[Path, str, str]) -> None:
    """An unknown name, and one that begins two builds, are told apart."""
    config, first, second = shop
    said = kg("publish", "nosuch", "--config", config)
    assert (said.code, "there are: " in said.err, first in said.err) == (1, True, True)
    said = kg("publish", "b", "--config", config)
    assert "'b' begins several builds" in said.err
    said = kg("rollback", "nosuch", "--config", config)
    assert (said.code, "to no other build 'nosuch'" in said.err) == (1, True)
    assert second


def test_a_graph_that_cannot_be_reached_leaves_the_list_of_builds(shop: tuple[Path, str, str]) -> None:
    """The builds in the folder are listed, and the trouble is told."""
    config, first, _ = shop
    settings = yaml.safe_load(config.read_text("utf-8"))
    settings["store"] = {"kind": "neo4j", "uri": "bolt://127.0.0.1:1", "password": "x"}
    other = config.with_name("other.yaml")
    other.write_text(yaml.safe_dump(settings), "utf-8")
    said = kg("builds", "--config", other)
    assert (said.code, first in said.out) == (0, True)
    assert "nothing is known of the graph: bolt://127.0.0.1:1 does not answer" in said.err
