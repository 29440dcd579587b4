"""Questions and answers: from explained edges only, split by subject, none twice, and plain text whatever was there."""

from __future__ import annotations

import json
import string
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kg.model import Intent, IntentKind, Level, NodeKind, Product, ProductType, Relation
from kg.store.export.qa import QaOptions
from kg.store.export.qa_templates import PHRASINGS, TEMPLATES
from kg.store.kinds import EDGE_KINDS
from tests.parts.exports import contents, written
from tests.parts.hostile_world import hostile_world
from tests.servers.graph_files import ProductEdge, World, edge, small_world

WIDE = QaOptions(Level.PRODUCT, phrasings=PHRASINGS, valid=0.3)
Pair = tuple[str, str]


def pairs(file: Path) -> list[Pair]:
    """Return the questions and answers of a file in OpenAI's chat format."""
    found: list[Pair] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        assert list(document) == ["messages"]
        asked, said = document["messages"]
        assert (asked["role"], said["role"]) == ("user", "assistant")
        found.append((asked["content"], said["content"]))
    return found


def asked(folder: Path, world: World, options: QaOptions = WIDE) -> tuple[list[Pair], list[Pair]]:
    """Return what is asked for training and for validation."""
    out = written(folder, world, "qa", options)
    return pairs(out / "train.jsonl"), pairs(out / "valid.jsonl")


def shop(count: int) -> World:
    """Return a shop of types that complement each other, and products of each in pairs of one title."""
    types = [ProductType(f"t{n}", f"thing{n} box", "A", 1, 0.5) for n in range(count)]
    products = [Product(f"p{n}", f"Gadget{n // 2} Red", type_id=types[n % count].id) for n in range(count * 2)]
    edges = [edge(Relation.COMPLEMENTS, (NodeKind.TYPE, f"t{n}"), f"t{(n + 1) % count}", 1, f"Reason {n}.")
             for n in range(count)]  # fmt: skip
    rows = [ProductEdge(Relation.SUBSTITUTES, NodeKind.PRODUCT, f"p{n}", f"p{(n + 2) % (2 * count)}", f"Reason {n}")
            for n in range(count * 2)]  # fmt: skip
    return World(products, types, [Intent("i", "rest", IntentKind.NEED)], edges, rows)


@pytest.mark.parametrize("options", [WIDE, QaOptions(Level.PRODUCT), QaOptions(Level.TYPE)])
def test_no_subject_is_in_both_files(options: QaOptions, tmp_path: Path) -> None:
    """What is validated with was not trained on: all questions about one name are in one file."""
    train, valid = asked(tmp_path, shop(80), options)
    assert len(train) > len(valid) > 0

    def subjects(found: Sequence[Pair]) -> set[str]:
        return {one for one, _ in found}

    names = [f"thing{n} box" for n in range(80)] + [f"Gadget{n} Red" for n in range(80)]
    which = [question for words in TEMPLATES.values() for question in words.which]
    for name in names:
        questions = {question.format(subject=name) for question in which}
        assert not (questions & subjects(train) and questions & subjects(valid)), name


def test_no_question_is_asked_twice(tmp_path: Path) -> None:
    """Products of one title are one subject: their questions are asked once."""
    train, valid = asked(tmp_path, shop(20))
    questions = [question.lower() for question, _ in (*train, *valid)]
    assert len(set(questions)) == len(questions)
    answers = dict((*train, *valid))
    assert any("Gadget3 Red" in question for question in answers)


@pytest.mark.parametrize("phrasings", range(1, PHRASINGS + 1))
def test_every_edge_is_asked_about_in_as_many_ways_as_wished(phrasings: int, tmp_path: Path) -> None:
    """One question for all targets of a subject and relation, and so many for the reason of each."""
    train, valid = asked(tmp_path, small_world(), QaOptions(Level.TYPE, phrasings, 0.0))
    edges, subjects = 8, 7
    assert valid == []
    assert len(train) == edges * phrasings + subjects


def test_answers_are_the_explanations_of_edges(tmp_path: Path) -> None:
    """A list names all targets with their reasons, best first; a reason is the edge's own sentence."""
    answers = dict(asked(tmp_path, small_world(), QaOptions(Level.TYPE, PHRASINGS, 0.0))[0])
    assert answers["Why would someone who buys tortilla chips also want salsa?"] == "Chips want a dip."
    assert "tortilla chips: Made for sharing. salsa: A dip for the bowl." in answers.values()


def test_an_edge_without_a_reason_or_to_its_own_name_is_not_asked_about(tmp_path: Path) -> None:
    """Nothing is made up: no explanation, no question."""
    world = small_world()
    silent = [replace(each, explanation="") for each in world.edges]
    same = [replace(product, title="One Thing") for product in world.products]
    found = asked(tmp_path, replace(world, edges=silent, products=same))
    text = " ".join(part for pair in (*found[0], *found[1]) for part in pair)
    assert "tortilla chips" not in text
    assert "One Thing: " in text  # of intents
    assert "buys One Thing" not in text


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    """No control character, no placeholder filled a second time, no mark that frames a conversation."""
    found = [part for file in asked(tmp_path, hostile_world()) for pair in file for part in pair]
    assert found
    for text in found:
        assert not [ch for ch in text if unicodedata.category(ch) in {"Cc", "Cf", "Cs", "Co", "Cn"}]
        assert not [mark for mark in ("<|", "[INST]", "[/INST]") if mark in text]
    assert any("{subject} {0} %s" in text for text in found)


def test_templates_name_what_they_ask_about() -> None:
    """Every phrasing is another, names its subject, and the target where there is one; every relation has as many."""
    for words in TEMPLATES.values():
        for phrasings, wanted in ((words.which, {"subject"}), (words.why, {"subject", "target"})):
            assert len(set(phrasings)) == PHRASINGS
            for text in phrasings:
                assert {name for _, name, _, _ in string.Formatter().parse(text) if name} == wanted
                assert text.endswith(("?", "."))


def test_every_relation_that_is_explained_has_templates() -> None:
    """Only what follows from the catalogue or from themes is not asked about."""
    explained = {(kind.source, kind.relation) for kind in EDGE_KINDS if "explanation" in kind.columns}
    assert set(TEMPLATES) == explained


def test_the_same_build_gives_the_same_bytes(tmp_path: Path) -> None:
    """Twice written, equal to the byte."""
    one, other = (written(tmp_path / name, shop(30), "qa", WIDE) for name in "ab")
    assert contents(one) == contents(other)
