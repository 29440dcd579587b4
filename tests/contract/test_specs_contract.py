"""The contract of everything that is asked: a whole prompt, a plain schema, examples from elsewhere."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from extractors.grouping import Shelf, arrange
from extractors.llm.options import Role
from extractors.llm.packs import Pack, read_pack
from extractors.llm.questions import Answer, Question, ReplyKind, schema_of
from extractors.llm.replies import Reply, read
from extractors.options import ExtractionOptions
from extractors.prompts import Prompt, Step, example_texts, load_prompt
from extractors.specs import ROWS, SPECS, step_of
from kg.model import Intent, IntentKind, NodeKind, Provenance, Relation
from kg.text import key, tokens

ROOT = Path(__file__).parents[2]
STEPS: tuple[Step, ...] = ("names", "plausible", "typical", "explain")
FILES = sorted(path.stem for path in (ROOT / "extractors" / "prompts").glob("*.md"))
REPLIES: tuple[ReplyKind, ...] = get_args(ReplyKind)


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


def numbered(question: str) -> list[str]:
    """Return the numbered lines of an example, which count from 1."""
    found = re.findall(r"(?m)^(\d+)\. (.+)$", question)
    assert [int(number) for number, _ in found] == list(range(1, len(found) + 1))
    return [line for _, line in found]


def test_each_row_stands_under_its_name() -> None:
    """Names are those of files; a step has a reply, a role and room; relations have all four steps."""
    for name, spec in ROWS.items():
        assert name == spec.name == name.lower()
        assert len({step.name for step in spec.steps}) == len(spec.steps) > 0
        for step in spec.steps:
            assert step == step_of(name, step.name)
            assert step.reply in REPLIES
            assert step.role in get_args(Role)
            assert step.max_tokens > 0
        if spec.relation is not None:
            assert (tuple(step.name for step in spec.steps), name) == (STEPS, spec.relation.lower())


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


def test_every_prompt_file_belongs_to_a_row() -> None:
    """No prompt lies about unused, and what edges are made and enriched with is there."""
    assert set(FILES) <= set(ROWS)
    assert {spec.name for spec in SPECS.values()} | {"themes", "contexts"} <= set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_every_prompt_has_an_instruction_and_two_examples(name: str) -> None:
    """Each step: one system message, two worked examples or more in turn, then the question."""
    prompt = load_prompt(name)
    assert list(prompt.steps) == [step.name for step in ROWS[name].steps]
    for step, messages in prompt.steps.items():
        roles = [role for role, _ in messages]
        assert roles[0] == "system"
        assert roles[1:] == ["user", "assistant"] * ((len(roles) - 2) // 2) + ["user"]
        assert len(list(examples(prompt, step))) >= 2
        assert prompt.instructions(step) == (messages[0][1],)


@pytest.mark.parametrize("name", FILES)
def test_no_example_is_about_anything_of_the_sample(name: str) -> None:
    """No example asks about one of the sample's intents, or names one of its product types."""
    prompt = load_prompt(name)
    for step in prompt.steps:
        asked = [question for question, _ in examples(prompt, step)]
        words = " ".join(f" {key(question)} " for question in asked)
        assert [intent for intent in INTENTS if f" {intent} " in words] == []
        parts = [part for question in asked for line in numbered(question) for part in line.split(",")]
        named = [key(part.removeprefix(" together with").removeprefix(" for")) for part in parts]
        assert [part for part in named if part in GOLD] == []


def test_every_kind_of_intent_asked_about_has_its_words(prompt: Prompt) -> None:
    """An intent never stands bare in a prompt."""
    assert set(prompt.phrases) == set(SPECS[prompt.relation].intent_kinds)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_has_a_question_with_its_placeholders(prompt: Prompt, step: Step) -> None:
    """The subject once, the mention but for the step that asks for names; examples are written out."""
    question = prompt.steps[step][-1][1]
    assert question.count("{subject}") == 1
    assert question.count("{mention}") == (step != "names")
    assert not any("{" in text and step in {"plausible", "typical"} for _, text in prompt.steps[step][:-1])


@pytest.mark.parametrize("step", STEPS)
def test_examples_are_answers_of_the_schema(prompt: Prompt, step: Step) -> None:
    """The model is shown exactly the form that is read: JSON of the schema, or one of two words, both of them shown."""
    answers = [answer for _, answer in examples(prompt, step)]
    spec = step_of(prompt.name, step)
    if spec.reply == "yes_no":
        assert set(answers) == {"Yes", "No"}
    else:
        question = Question("x", spec.reply, (), spec.max_tokens)
        assert all(read(question, Reply(answer)) for answer in answers)


def test_examples_hold_no_answer_about_the_sample(prompt: Prompt) -> None:
    """No name that an example gives is a product type of the sample: what comes back of it is a leak, not knowledge."""
    given = [item for _, answer in examples(prompt, "names") for item in json.loads(answer)["items"]]
    assert [item for item in given if key(item) in GOLD] == []


def test_examples_name_no_product_of_the_sample(prompt: Prompt) -> None:
    """No example text is a title, or the last part of a category, of the sample."""
    known = {key(row["title"]) for row in PRODUCTS} | {key(row["category"].split(" > ")[-1]) for row in PRODUCTS}
    assert [text for text in example_texts(prompt) if key(text) in known] == []


def test_reasons_keep_to_the_length_they_ask_for(prompt: Prompt) -> None:
    """The examples are single sentences of at most 18 words, as the instruction says."""
    reasons = [json.loads(answer)["reason"] for _, answer in examples(prompt, "explain")]
    assert all(len(tokens(reason)) <= 18 for reason in reasons)
    assert all(reason.endswith(".") and reason.count(".") == 1 for reason in reasons)


def test_the_examples_of_themes_are_whole_arrangements() -> None:
    """Every product of an example stands under a heading that our own rules take."""
    for question, answer in examples(load_prompt("themes"), "group"):
        groups = read(Question("x", "groups", (), 400), Reply(answer)).groups
        lines = numbered(question)
        shelf = Shelf(Intent("i", "an example", IntentKind.NEED), [(line, line) for line in lines])
        done = arrange(shelf, groups, frozenset(), Provenance("m", "h"))
        assert (done.counts.kept, done.drops, sum(done.ignored.values())) == (len(lines), (), 0)


def test_the_examples_of_contexts_choose_from_the_lists_they_give() -> None:
    """Each line of an example has one answer with values of its own list, and most have none of them."""
    chosen: list[tuple[str, ...]] = []
    for question, answer in examples(load_prompt("contexts"), "choose"):
        listed, lines = question.split("Lines:\n")
        values = tuple(line.split(": ")[0] for line in listed.splitlines()[1:])
        asked = {
            str(n): Question("x", "choices", (), 80, options=values, line=line)
            for n, line in enumerate(numbered(lines))
        }
        done = read_pack(Pack(asked), Reply(answer))
        assert (len(done.answers), done.faults) == (len(asked), {})
        chosen += [each.choices for each in done.answers.values()]
    assert () in chosen
    assert any(chosen)


def test_an_edge_of_every_relation_has_words_for_its_contexts() -> None:
    """A line names both ends; the shared prompt leaves a place for lines, and takes the list."""
    prompt = load_prompt("contexts")
    assert set(prompt.phrases) == set(SPECS)
    assert all({"left", "right"} <= set(tokens(prompt.line(relation, "left", "right"))) for relation in SPECS)
    last = prompt.messages("choose", items=["summer: the hot months"])[-1][1]
    assert last.count("{lines}") == last.count("summer: the hot months") == 1


@pytest.mark.parametrize("kind", REPLIES)
def test_reply_schemas_are_plain(kind: ReplyKind) -> None:
    """Required, bounded fields of text or lists of text (or of groups of numbers): what small models can do."""
    schema = schema_of(kind, ("a", "b") if kind == "choices" else ())
    if schema is None:
        return
    group = schema.get("$defs", {}).get("NumberedGroup")
    assert (group is None) == (kind != "groups")
    for level in filter(None, (schema, group)):
        assert level["additionalProperties"] is False
        assert level["required"] == list(level["properties"])
        for field in level["properties"].values():
            assert field["type"] in {"string", "array"}
            assert "maxLength" in field or "maxItems" in field
            assert "items" not in field or field["items"].get("type", "object") in {"string", "integer", "object"}


def test_a_closed_list_is_part_of_the_schema() -> None:
    """A model that keeps to the schema can name nothing else."""
    schema = schema_of("choices", ("summer", "winter"))
    assert schema is not None
    assert schema["properties"]["values"]["items"] == {"type": "string", "enum": ["summer", "winter"]}


def test_every_reply_has_a_place_in_an_answer() -> None:
    """What a schema brings can be kept."""
    assert {"names", "reason", "yes", "groups", "choices"} <= set(Answer.__slots__)


def test_every_kind_of_intent_is_satisfied_by_something() -> None:
    """There is no wish that is never asked about."""
    assert SPECS[Relation.SATISFIED_BY].intent_kinds == set(IntentKind)


def test_the_key_of_a_question_does_not_change() -> None:
    """Recorded answers are filed under it: changing it makes every answer ever paid for unreachable."""
    messages = (("system", "Be brief."), ("user", "Tea?"))
    keys = [Question("x", reply, messages, 60, 0.0, 0.3, 1).key("m")[:12] for reply in ("names", "reason", "yes_no")]
    assert keys == ["925fc47ba19e", "973eecb92dce", "e371666b557e"]
