"""The contract of every relation that can be asked: a whole prompt, a flat schema, examples from elsewhere."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractors.llm.questions import REPLIES, Answer, Names, Question, Reason, ReplyKind
from extractors.options import ExtractionOptions
from extractors.prompts import Prompt, Step, example_texts, load_prompt
from extractors.specs import SPECS
from kg.model import IntentKind, NodeKind, Relation
from kg.text import key, tokens

ROOT = Path(__file__).parents[2]
STEPS: tuple[Step, ...] = ("names", "plausible", "typical", "explain")
SCHEMAS: dict[Step, type[Names | Reason] | None] = {
    "names": Names,
    "plausible": None,
    "typical": None,
    "explain": Reason,
}


def rows(path: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file of ours."""
    with (ROOT / path).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


GOLD = {key(row["type"]) for row in rows("tests/data/sample_types.csv")}
INTENTS = {key(row["name"]) for row in rows("kg/sample/intents.csv")}
PRODUCTS = rows("kg/sample/products.csv")


@pytest.fixture(params=SPECS, ids=str)
def prompt(request: pytest.FixtureRequest) -> Prompt:
    """The prompt of each relation."""
    return load_prompt(request.param)


def examples(prompt: Prompt, step: Step) -> Iterator[tuple[str, str]]:
    """Yield the worked examples of a step: question and answer."""
    said = [message for message in prompt.steps[step] if message[0] != "system"]
    yield from ((said[i][1], said[i + 1][1]) for i in range(0, len(said) - 1, 2))


def test_each_spec_stands_under_its_relation() -> None:
    """The table's keys are its relations, and by default all of them are asked."""
    assert all(relation is spec.relation for relation, spec in SPECS.items())
    assert set(ExtractionOptions().relations) == set(SPECS)


@pytest.mark.parametrize("relation", SPECS)
def test_subjects_are_of_kinds_that_can_be_asked(relation: Relation) -> None:
    """Intents and types only; kinds of intents exactly where intents are subjects."""
    spec = SPECS[relation]
    assert spec.subject_kinds
    assert spec.subject_kinds <= {NodeKind.INTENT, NodeKind.TYPE}
    assert bool(spec.intent_kinds) == (NodeKind.INTENT in spec.subject_kinds)


def test_every_prompt_file_belongs_to_a_spec() -> None:
    """No prompt lies about unused."""
    files = {path.stem for path in (ROOT / "extractors" / "prompts").glob("*.md")}
    assert files == {relation.value.lower() for relation in SPECS}


def test_every_kind_of_intent_asked_about_has_its_words(prompt: Prompt) -> None:
    """An intent never stands bare in a prompt."""
    assert set(prompt.phrases) == set(SPECS[prompt.relation].intent_kinds)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_has_instruction_examples_and_question(prompt: Prompt, step: Step) -> None:
    """One system message, at least two worked examples in turn, and a question with the placeholders it needs."""
    roles = [role for role, _ in prompt.steps[step]]
    assert roles[0] == "system"
    assert roles[1:] == ["user", "assistant"] * ((len(roles) - 2) // 2) + ["user"]
    assert len(list(examples(prompt, step))) >= 2
    question = prompt.steps[step][-1][1]
    assert question.count("{subject}") == 1
    assert question.count("{mention}") == (step != "names")
    assert not any("{" in text and step in {"plausible", "typical"} for _, text in prompt.steps[step][:-1])


@pytest.mark.parametrize("step", STEPS)
def test_examples_are_answers_of_the_schema(prompt: Prompt, step: Step) -> None:
    """The model is shown exactly the form that is read: JSON of the schema, or one of two words, both of them shown."""
    answers = [answer for _, answer in examples(prompt, step)]
    schema = SCHEMAS[step]
    if schema is None:
        assert set(answers) == {"Yes", "No"}
    else:
        assert all(schema.model_validate_json(answer) for answer in answers)


def test_examples_hold_no_answer_about_the_sample(prompt: Prompt) -> None:
    """No name that an example gives is a product type of the sample: what comes back of it is a leak, not knowledge."""
    given = [item for _, answer in examples(prompt, "names") for item in json.loads(answer)["items"]]
    assert [item for item in given if key(item) in GOLD] == []


@pytest.mark.parametrize("step", STEPS)
def test_examples_are_about_nothing_of_the_sample(prompt: Prompt, step: Step) -> None:
    """No example asks about one of the sample's intents."""
    asked = " ".join(f" {key(question)} " for question, _ in examples(prompt, step))
    assert [intent for intent in INTENTS if f" {intent} " in asked] == []


def test_examples_name_no_product_of_the_sample(prompt: Prompt) -> None:
    """No example text is a title, or the last part of a category, of the sample."""
    known = {key(row["title"]) for row in PRODUCTS} | {key(row["category"].split(" > ")[-1]) for row in PRODUCTS}
    assert [text for text in example_texts(prompt) if key(text) in known] == []


def test_reasons_keep_to_the_length_they_ask_for(prompt: Prompt) -> None:
    """The examples are single sentences of at most 18 words, as the instruction says."""
    reasons = [json.loads(answer)["reason"] for _, answer in examples(prompt, "explain")]
    assert all(len(tokens(reason)) <= 18 for reason in reasons)
    assert all(reason.endswith(".") and reason.count(".") == 1 for reason in reasons)


@pytest.mark.parametrize("kind", REPLIES)
def test_reply_schemas_are_flat(kind: ReplyKind) -> None:
    """One level of required, bounded fields of text or lists of text: what small models and every server can do."""
    reply = REPLIES[kind]
    if reply is None:
        return
    schema = reply.model_json_schema()
    assert "$defs" not in schema
    assert schema["additionalProperties"] is False
    assert schema["required"] == list(schema["properties"])
    for field in schema["properties"].values():
        assert field["type"] in {"string", "array"}
        assert field.get("items", {"type": "string"}) == {"type": "string"}
        assert "maxLength" in field or "maxItems" in field


def test_every_reply_has_a_place_in_an_answer() -> None:
    """What a schema brings can be kept."""
    assert {"names", "reason", "yes"} <= set(Answer.__slots__)


def test_every_kind_of_intent_is_satisfied_by_something() -> None:
    """There is no wish that is never asked about."""
    assert SPECS[Relation.SATISFIED_BY].intent_kinds == set(IntentKind)


def test_the_key_of_a_question_does_not_change() -> None:
    """Recorded answers are filed under it: changing it makes every answer ever paid for unreachable."""
    messages = (("system", "Be brief."), ("user", "Tea?"))
    keys = [Question("x", reply, messages, 60, 0.0, 0.3, 1).key("m")[:12] for reply in ("names", "reason", "yes_no")]
    assert keys == ["925fc47ba19e", "973eecb92dce", "e371666b557e"]
