"""Laws of sharding: however the work is cut, nothing is lost, doubled or put elsewhere."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.llm.session import Askers
from extractors.prompts import load_prompt
from extractors.specs import SPECS
from extractors.subjects import Subject, subjects_of
from kg.build.executors import InProcess
from kg.build.manifest import publish
from kg.build.settings import Settings
from kg.build.shards import Outcome, Shard, run_shard
from kg.build.stages.base import Artefacts
from kg.build.stages.extract import ExtractStage
from kg.model import Intent, IntentId, IntentKind, NodeKind, ProductType, Relation, StageCounts, TypeId
from kg.records import digest, write_jsonl
from tests.parts.shard_work import Squares, shards

NUMBERS = st.lists(st.integers(0, 10**6), unique=True, max_size=12)
JSON = st.recursive(st.none() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
                    lambda inner: st.lists(inner, max_size=3), max_leaves=6)  # fmt: skip


@given(NUMBERS, st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_the_parts_together_are_the_whole(numbers: list[int], size: int) -> None:
    """Cut into shards of any size, the published lines are those of one shard, in order, and the counts agree."""
    with tempfile.TemporaryDirectory() as folder:
        found = [_published(Path(folder) / name, shards(numbers, n)) for name, n in (("a", size), ("b", 99))]
    assert found[0] == found[1]
    assert found[0][1] == StageCounts(len(numbers), kept=len(numbers))


@given(NUMBERS, st.lists(st.integers(0, 11), max_size=12))
@settings(max_examples=25, deadline=None)
def test_stopping_and_going_on_is_the_same_as_not_stopping(numbers: list[int], done: list[int]) -> None:
    """Whichever shards were there already, the result has the same bytes."""
    parts = shards(numbers, 1)
    with tempfile.TemporaryDirectory() as folder:
        for index in done:
            if index < len(parts):
                run_shard(Squares(Path(folder) / "log"), parts[index], Path(folder) / "a" / "pool")
        assert _published(Path(folder) / "a", parts) == _published(Path(folder) / "b", parts)


@given(st.lists(JSON, max_size=4), st.lists(JSON, max_size=4))
def test_a_key_changes_with_any_input(a: list[object], b: list[object]) -> None:
    """Two keys are equal only when all their inputs are."""
    assert (digest("stage", *a) == digest("stage", *b)) == (a == b)


@given(st.integers(0, 8), st.integers(0, 8), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_every_subject_is_in_exactly_one_shard(intents: int, types: int, size: int) -> None:
    """The plan of the extraction covers all subjects of every relation once, and is the same twice."""
    options = Settings().extraction.model_copy(update={"shard_subjects": size})
    made_intents, made_types = _intents(intents), _types(types)
    with tempfile.TemporaryDirectory() as folder:
        before = _catalogue(Path(folder), made_intents, made_types)
        stage = ExtractStage(options, _askers())
        plan, again = stage.plan(before), stage.plan(before)
    expected = [
        (relation, subject)
        for relation in options.relations
        for subject in subjects_of(SPECS[relation], load_prompt(relation), made_intents, made_types, options)
    ]
    assert [(shard.payload[0], subject) for shard in plan for subject in shard.payload[1][0]] == expected
    assert all(len(shard.payload[1][0]) <= size for shard in plan)
    assert [shard.key for shard in plan] == [shard.key for shard in again]
    assert len({shard.key for shard in plan}) == len(plan)
    assert [shard.number for shard in plan] == list(range(len(plan)))


def test_a_shard_of_questions_has_another_key_for_another_model_prompt_or_subject(tmp_path: Path) -> None:
    """What decides the answers decides the key; how the work is cut elsewhere does not."""
    stage = ExtractStage(Settings().extraction, _askers())
    subject = Subject(NodeKind.INTENT, "i", "tea", "tea time")
    key = stage._shard(Relation.SATISFIED_BY, "p", ([subject], []), 0).key
    others = [
        stage._shard(Relation.PAIRS_WITH, "p", ([subject], []), 0),
        stage._shard(Relation.SATISFIED_BY, "q", ([subject], []), 0),
        stage._shard(Relation.SATISFIED_BY, "p", ([Subject(NodeKind.INTENT, "i", "tea", "drinking tea")], []), 0),
        stage._shard(Relation.SATISFIED_BY, "p", ([subject, subject], []), 0),
        ExtractStage(Settings().extraction, _askers("other"))._shard(Relation.SATISFIED_BY, "p", ([subject], []), 0),
        ExtractStage(Settings().extraction, _askers(temperature=1.0))._shard(
            Relation.SATISFIED_BY, "p", ([subject], []), 0
        ),
    ]
    assert len({key, *(shard.key for shard in others)}) == 7
    assert stage._shard(Relation.SATISFIED_BY, "p", ([subject], []), 5).key == key


class _Asker:
    """As much of an asker as a plan looks at."""

    def __init__(self, model: str = "m", temperature: float = 0.0) -> None:
        self.model = model
        self.temperature = temperature
        self.cache = self

    def spellings(self, names: list[tuple[str, str, str]]) -> list[str]:
        """Return every name in its own words: nothing was asked before."""
        return [text for _, _, text in names]


def _askers(model: str = "m", temperature: float = 0.0) -> Askers:
    asker = _Asker(model, temperature)
    return Askers(asker, asker, asker)  # type: ignore[arg-type]


def _published(folder: Path, parts: list[Shard]) -> tuple[bytes, StageCounts]:
    work = Squares(folder.parent / "log")
    done = InProcess().map(work, parts, folder / "pool", force=False, progress=lambda _: None)
    manifest = publish(folder / "pool", parts, [outcome for outcome, _ in done], folder / "next")
    files = manifest.files(folder / "next", "squares.jsonl")
    return b"".join(file.read_bytes() for file in files), manifest.counts


def _intents(count: int) -> list[Intent]:
    kinds = list(IntentKind)
    return [Intent(IntentId(f"i{n}"), f"intent {n}", kinds[n % len(kinds)]) for n in range(count)]


def _types(count: int) -> list[ProductType]:
    where = ("Groceries > A", "Garden")
    return [ProductType(TypeId(f"t{n}"), f"thing {n}", where[n % 2], 1, 0.5) for n in range(count)]


def _catalogue(folder: Path, intents: list[Intent], types: list[ProductType]) -> Artefacts:
    class _Writes:
        def __call__(self, shard: Shard, out: Path, progress: object = None) -> object:
            write_jsonl(out / "intents.jsonl", intents)
            write_jsonl(out / "product_types.jsonl", types)
            return Outcome(StageCounts())

    shard = Shard("catalog", 0, digest("catalog"), None)
    outcome, _ = run_shard(_Writes(), shard, folder / "pool")  # type: ignore[arg-type]
    manifest = publish(folder / "pool", [shard], [outcome], folder / "next" / "catalog")
    return Artefacts(folder / "next", {"catalog": manifest})
