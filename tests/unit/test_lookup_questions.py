"""What the questions read, one request after the other: no database is needed to follow them."""

from __future__ import annotations

from typing import Any

import pytest

from kg.errors import Ambiguous, NotFound
from kg.model import Level, NodeKind
from kg.store.asking import explaining, naming, questions
from kg.store.asking.requests import Question, Read, Work
from kg.store.driver import Row

HIT: Row = {
    "subject": "The Product", "id": "x", "name": "X", "brand": None, "type_id": "t", "price": None, "in_stock": True,
    "explanation": "Because.", "plausibility": 0.9, "typicality": 0.8, "confidence": 0.7, "rank": 1, "contexts": None,
}  # fmt: skip
NODE: Row = {"kind": "Product", "id": "p", "name": "P", "detail": "", "type_id": "t", "type_name": "T", "weight": None}


def follow(question: Question[Any], answers: dict[str, list[Row]]) -> tuple[Any, list[str]]:
    """Return the answer of ``question`` and what it read on the way; what ``answers`` lacks has no rows."""
    asked: list[str] = []
    given: object = None
    while True:
        try:
            request = question.send(given)
        except StopIteration as done:
            return done.value, asked
        if isinstance(request, Work):
            given = request.run()
        else:
            asked.append(request.name.removeprefix("lookup/"))
            given = answers.get(asked[-1], [])


@pytest.mark.parametrize(
    ("question", "file"),
    [
        (questions.intent("p"), "intent_products"),
        (questions.intent("p", by_theme=True), "intent_products_by_theme"),
        (questions.complements("p"), "complements_of_product"),
        (questions.complements("p", kind=NodeKind.TYPE), "complements_of_type"),
        (questions.substitutes("p"), "substitutes_of_product"),
        (questions.substitutes("p", kind=NodeKind.TYPE), "substitutes_of_type"),
        (questions.substitutes_in_stock("p"), "substitutes_in_stock"),
        (questions.pairings("p"), "pairings_of_product"),
        (questions.pairings("p", kind=NodeKind.INTENT), "pairings_of_intent"),
        (questions.pairings("p", kind=NodeKind.TYPE), "pairings_of_type"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_id_costs_one_read(question: Question[Any], file: str) -> None:
    """What has an answer by its id is not resolved first; it is named by the answer."""
    answer, asked = follow(question, {file: [HIT]})
    assert asked == [file]
    assert (answer.subject.id, answer.subject.name, answer.subject.exact_id) == ("p", "The Product", True)
    assert [hit.id for hit in answer.hits] == ["x"]


def test_whole_pages_carts_and_reasons_cost_one_read() -> None:
    """The larger questions are one read for ids, too."""
    page: Row = {
        "id": "p", "name": "P", "brand": None, "type": None,
        "complements": [], "substitutes": [], "pairings": [], "intents": [],
    }  # fmt: skip
    edge = {
        "relation": "COMPLEMENTS", "source_kind": "Product", "source_id": "q", "source_name": "Q",
        "target_kind": "Product", "target_id": "p", "target_name": "P",
        "props": {
            "explanation": "Because.", "plausibility": 0.9, "typicality": 0.8, "confidence": 0.7, "rank": 1,
            "samples": 1, "agreed": 1, "pairs": 0, "reviewer": "", "model": "", "prompt_hash": "", "build": "", "h": "",
        },
    }  # fmt: skip
    found, asked = follow(questions.neighbourhood("p"), {"neighbourhood": [page]})
    assert (found.subject.name, found.type, asked) == ("P", None, ["neighbourhood"])
    assert follow(questions.complements_of_cart(["p", "p"]), {})[1] == ["complements_of_cart"]
    why, asked = follow(explaining.why("p", "q"), {"why_pair": [edge]})
    assert (why.a.name, why.b.name, asked) == ("P", "Q", ["why_pair"])
    assert [edge.source_id for edge in why.edges] == ["q"]


def test_a_product_without_an_answer_is_answered_by_its_type() -> None:
    """The id is looked up, then its type, then that is asked about; the product's own file is not asked twice."""
    answers = {"resolve_id": [NODE], "type_of_product": [{"id": "t", "name": "T"}], "complements_of_type": [HIT]}
    answer, asked = follow(questions.complements("p"), answers)
    assert asked == ["complements_of_product", "resolve_id", "type_of_product", "complements_of_type"]
    assert (answer.level, answer.via and answer.via.name) == (Level.TYPE, "T")
    answer, asked = follow(questions.substitutes_in_stock("p", stand_ins=[]), answers)
    assert (answer.hits, answer.via, asked) == ((), None, ["substitutes_in_stock", "resolve_id"])


def test_an_id_of_a_named_kind_is_never_taken_for_words() -> None:
    """What is not there is said after one more read."""
    question = questions.complements("salsa", kind=NodeKind.PRODUCT)
    with pytest.raises(NotFound, match="there is no Product with the id 'salsa'"):
        follow(question, {"resolve_words_product": [{**NODE, "search": "salsa"}]})


def test_meaning_is_asked_about_only_when_no_name_is_good_enough() -> None:
    """A name with every word decides; else the nearest embeddings suggest, below every such name."""
    current: dict[str, list[Row]] = {"read/current": [{"generation": 1}]}
    word = {**NODE, "kind": "ProductType", "id": "w", "search": "corn chip"}
    found, asked = follow(naming.resolve("corn chips"), {**current, "resolve_words_type": [word]})
    assert ([match.id for match in found], {"resolve_vector_type"} & set(asked)) == (["w"], set())
    near = {**NODE, "kind": "ProductType", "id": "n", "similarity": 0.999}
    far = {**near, "id": "f", "similarity": 0.2}
    partly = {**word, "search": "chip fryer pan"}
    answers = {**current, "resolve_words_type": [partly], "resolve_vector_type": [near, far]}
    found, _ = follow(naming.resolve("corn chips"), answers)
    assert [(match.id, match.score < 0.7) for match in found] == [("n", True), ("w", True)]


def test_words_that_may_mean_several_things_are_refused() -> None:
    """Two names that fit about as well are listed; variants of one type of product are one reading."""
    current: dict[str, list[Row]] = {"read/current": [{"generation": 1}]}
    one, other = ({**NODE, "id": name, "search": f"corn {name}"} for name in ("a", "b"))
    with pytest.raises(Ambiguous, match=r"'corn' may mean P \(a\), P \(b\); name one by its id"):
        follow(naming.subject("corn", (NodeKind.TYPE,)), {
            **current, "resolve_words_type": [{**each, "kind": "ProductType"} for each in (one, other)],
        })  # fmt: skip
    (best, others), _ = follow(
        naming.subject("corn", (NodeKind.PRODUCT,)), {**current, "resolve_words_product": [one, other]}
    )
    assert (best.id, [match.id for match in others]) == ("a", ["b"])


def test_requests_name_their_files() -> None:
    """A request is a file's name and its parameters."""
    request = next(questions.complements("p", 3, ("summer",)))
    assert request == Read("lookup/complements_of_product", {"id": "p", "k": 3, "contexts": ["summer"]})
