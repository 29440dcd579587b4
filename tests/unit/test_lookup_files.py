"""What every look-up's file has in it, read as text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kg.catalog.vocabulary import load_vocabulary
from kg.store import queries
from kg.store.lookup import stand_ins
from kg.store.words import COVERED, embedding, likeness

LOOKUPS = [name for name in queries.names() if name.startswith("lookup/")]
SHOWN = "{0}.since <= {1}generation AND ({0}.until IS NULL OR {0}.until > {1}generation)"
CONTEXTS = "size($contexts) = 0 OR size(coalesce(r.contexts, [])) = 0 OR any(c IN r.contexts WHERE c IN $contexts)"


@pytest.mark.parametrize("name", LOOKUPS)
def test_every_relationship_is_filtered_by_the_pointer(name: str) -> None:
    """The query reads the served generation itself, and every relationship it follows is one of that."""
    pointer = "MATCH (m:KgMeta {id: 'current'})"
    parts = queries.cypher(name).split("UNION ALL")
    # Once, before all parts of a union, or in each.
    assert [part.count(pointer) for part in parts] in ([1] * len(parts), [1, *[0] * (len(parts) - 1)])
    for part in parts:
        followed = re.findall(r"-\[(\w*):[A-Z_|]+\]-", part)
        filters = sum(part.count(SHOWN.format(one, end)) for one in set(followed) for end in ("m.", ""))
        assert "" not in followed
        assert filters >= len(followed)


@pytest.mark.parametrize("name", [name for name in LOOKUPS if "resolve" in name])
def test_every_node_that_is_searched_for_is_filtered_by_the_pointer(name: str) -> None:
    """What an index finds may be staged or gone."""
    for part in queries.cypher(name).split("UNION ALL"):
        assert SHOWN.format("n", "m.") in part


@pytest.mark.parametrize("name", [name for name in LOOKUPS if "$contexts" in queries.cypher(name)])
def test_contexts_are_asked_about_in_one_way(name: str) -> None:
    """An edge without contexts always holds, wherever it is followed."""
    text = queries.cypher(name)
    assert text.count(CONTEXTS) * 3 == text.count("$contexts") * 1.5
    assert "contexts: list of string" in " ".join(queries.header(name).replace("//", "").split())


def test_every_look_up_that_follows_knowledge_takes_contexts() -> None:
    """Only what names one pair, an id or a type does not depend on the moment."""
    without = {"why", "why_pair", "stats", "type_of_product"}
    for name in LOOKUPS:
        knows = re.search(r"\[r?:[A-Z_|]*(COMPLEMENTS|SUBSTITUTES|PAIRS_WITH|SATISFIED_BY)", queries.cypher(name))
        assert ("$contexts" in queries.cypher(name)) == (bool(knows) and name.split("/")[1] not in without)


def test_what_stands_in_for_what_comes_from_the_vocabulary() -> None:
    """A stricter diet will do, what is for kids will do for boys, a preference need not be kept; animals are apart."""
    found = set(stand_ins())
    assert {"vegan>vegetarian", "dairy-free>lactose-free", "kids>boys", "adult>women", ">organic"} <= found
    assert not {"vegetarian>vegan", "boys>kids", ">vegan", "animal>dog"} & found
    assert stand_ins(load_vocabulary()) == stand_ins()


def test_meaning_never_scores_as_words_do() -> None:
    """The same embedding is still only a suggestion, and what is unlike is none."""
    assert 0.6 < likeness(1.0) < COVERED
    assert likeness(0.1) == likeness(-1.0) == 0.0
    assert embedding("") is None
    found = embedding("corn chips")
    assert found is not None
    assert len(found) == 256
    assert sum(x * x for x in found) == pytest.approx(1.0, abs=1e-5)
    assert found == embedding("CORN chips")


def test_the_documentation_names_every_file_and_the_shipped_stand_ins() -> None:
    """docs/lookups.md holds the list that other languages copy, and a row for each file."""
    text = (Path(__file__).parents[2] / "docs" / "lookups.md").read_text("utf-8")
    (listed,) = re.findall(r"```json\n(.+?)```", text, re.DOTALL)
    assert tuple(json.loads(listed)) == stand_ins()
    named = set(re.findall(r"`(\w+)`", text))
    assert {name.removeprefix("lookup/") for name in LOOKUPS} <= named
