"""What a run will ask, found by walking its real steps with askers that never ask.

What the cache has is followed as a build would follow it: real names lead to the real questions about them. What it
has not is replaced: a name of usual length stands for all that a model will name, a check for one that may be passed.
:mod:`extractors.forecast` says how many of them there will be, and what they cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple

from extractors.llm.asker import Asker
from extractors.llm.ledger import split_item
from extractors.llm.questions import Answer, Message, Question, ReplyKind, schema_of
from extractors.llm.session import Askers
from extractors.llm.tokens import DEFAULT_RATIO, prompt_size, prompt_tokens
from kg.model import Failure

__all__ = ["FILLER", "Listed", "Odds", "Plan", "Planner", "Sums", "planning"]

FILLER = "filler name"
"""Stands for the names that are not known yet; as long as a name of the sample's recorded answers (11 characters)."""
_NUMBER = "10. \n"  # what a line gets in a list


class Odds(NamedTuple):
    """On what it depends that a question is asked.

    ``named``: once for every name that its subject will get; ``passed``: if the check before it is passed; ``again``:
    if the samples before it have not settled the matter.
    """

    named: bool = False
    passed: bool = False
    again: bool = False


_CERTAIN = Odds()


@dataclass(slots=True)
class Sums:
    """A count of values with their sum and the sum of their squares."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Take one value."""
        self.count += 1
        self.total += value
        self.squares += value * value

    def plus(self, other: Sums) -> Sums:
        """Return both together."""
        return Sums(self.count + other.count, self.total + other.total, self.squares + other.squares)

    @property
    def variation(self) -> float | None:
        """Standard deviation / mean; ``None`` where two values above zero have not been seen."""
        if self.count < 2 or self.total <= 0:
            return None
        mean = self.total / self.count
        variance = max(0.0, self.squares / self.count - mean * mean) * self.count / (self.count - 1)
        return variance**0.5 / mean


@dataclass(slots=True)
class Listed:
    """Questions of one step that are asked together, of one model.

    Tokens of prompts are those expected by length; ``base`` are those that questions share with each other, for each
    call, and ``schema`` what the reply's schema may add to a call. ``missing`` has the number of questions to ask and
    their own tokens, by what their asking depends on. Of the ``known`` that the cache answers, ``known_tokens`` are
    expected and ``prompt`` billed; ``names`` are counted in first samples only.
    """

    relation: str
    step: str
    reply: ReplyKind
    model: str
    sample: int
    per_call: int
    base: float
    schema: float
    known: int = 0
    dead: int = 0
    missing: dict[Odds, tuple[int, float]] = field(default_factory=dict[Odds, tuple[int, float]])
    measured: int = 0
    known_tokens: float = 0.0
    prompt: int = 0
    real: int = 0
    completion: Sums = field(default_factory=Sums)
    names: Sums = field(default_factory=Sums)

    def answered(self, tokens: float, answer: Answer | None) -> None:
        """Count a question that needs no asking; ``None``: the work that it was for is finished."""
        self.known += 1
        if answer is None:
            return
        if self.reply == "names" and not self.sample:
            self.names.add(len(answer.names))
        if answer.prompt_tokens:
            self.measured += 1
            self.known_tokens += tokens
            self.prompt += answer.prompt_tokens
            self.completion.add(answer.completion_tokens)

    def lacks(self, tokens: float, odds: Odds) -> None:
        """Count a question to ask."""
        count, total = self.missing.get(odds, (0, 0.0))
        self.missing[odds] = (count + 1, total + tokens)


@dataclass
class Plan:
    """What all askers of one walk have found. ``needed`` is the number of samples that must agree.

    While ``finished`` is set, the questions are those of work that is done: none of them will be asked. ``odds`` are
    by what a question is about, ``said`` are the names of a subject, ``guessed`` the subjects of which a sample is
    missing, ``seen`` the keys of all questions.
    """

    needed: int = 1
    finished: bool = False
    lists: list[Listed] = field(default_factory=list[Listed])
    odds: dict[str, Odds] = field(default_factory=dict[str, Odds])
    said: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    guessed: set[str] = field(default_factory=set[str])
    seen: set[str] = field(default_factory=set[str])


@dataclass
class Planner(Asker):
    """An asker that writes down what it would ask, and answers from the cache or with what stands for an answer."""

    plan: Plan = field(default_factory=Plan)

    def ask_all(
        self, questions: Sequence[Question], progress: Callable[[int], None] | None = None
    ) -> list[Answer | Failure]:
        """See :class:`extractors.llm.asker.Asker`."""
        keys = [question.key(self.model) for question in questions]
        known = self.cache.get_many(list(dict.fromkeys(keys)))
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        dead = {} if self.retry_dead else self.cache.dead(missing)
        lists: dict[tuple[object, ...], Listed] = {}
        out: list[Answer | Failure] = []
        for key, question in zip(keys, questions, strict=True):
            answer = known.get(key)
            if key not in self.plan.seen:
                self.plan.seen.add(key)
                self._list(question, answer, lists, dead=key in dead)
            out.append(self._outcome(question, answer, dead=key in dead))
        self.plan.lists += lists.values()
        if progress:
            progress(len(questions))
        return out

    def _list(
        self, question: Question, answer: Answer | None, lists: dict[tuple[object, ...], Listed], *, dead: bool
    ) -> None:
        """Count one question where it belongs."""
        relation, _, step = split_item(question.item)
        alike = (relation, step, question.sample, question.messages if question.line else ())
        if alike not in lists:
            lists[alike] = self._listed(question, relation, step)
        listed, odds = lists[alike], self._odds(question)
        tokens = _line_tokens(question.line) if question.line else float(prompt_tokens(prompt_size(question.messages)))
        listed.real += not odds.named
        if answer is not None or self.plan.finished:
            listed.answered(tokens, answer)
        elif dead:
            listed.dead += 1
        else:
            unsettled = question.sample >= self.plan.needed and _about(question) in self.plan.guessed
            listed.lacks(tokens, odds._replace(again=unsettled))

    def _listed(self, question: Question, relation: str, step: str) -> Listed:
        shares = bool(question.line)
        schema = prompt_size((), schema_of(question.reply, question.options)).bytes * DEFAULT_RATIO.per_byte
        base = prompt_tokens(prompt_size(_shared(question.messages))) if shares else 0
        per_call = self.per_prompt if shares else 1
        return Listed(relation, step, question.reply, self.model, question.sample, per_call, base, schema)

    def _odds(self, question: Question) -> Odds:
        return self.plan.odds.get(_about(question), _CERTAIN)

    def _outcome(self, question: Question, answer: Answer | None, *, dead: bool) -> Answer | Failure:
        about, odds = _about(question), self._odds(question)
        if answer is not None:
            if answer.names:
                self.plan.said[about] = answer.names
            return answer
        if not (dead or self.plan.finished):
            match split_item(question.item)[2]:
                case "names":
                    return Answer(names=self._names(about, odds, question.sample))
                case "plausible":
                    self.plan.odds[about] = odds._replace(passed=True)
                    return Answer(yes=1.0)
                case _:
                    pass
        return Failure(self.stage, question.item, "not asked")

    def _names(self, about: str, odds: Odds, sample: int) -> tuple[str, ...]:
        """Return what an asking may name: what one before it has, or what stands for it.

        Where samples must agree, each names one thing more that no other has, so that nothing is settled early.
        """
        self.plan.guessed.add(about)
        said = self.plan.said.get(about)
        if said is None:
            said = (FILLER,)
            self.plan.odds[f"{about} -> {FILLER}"] = odds._replace(named=True)
        return (*said, f"{FILLER} {sample}") if self.plan.needed > 1 else said


def planning(askers: Askers, plan: Plan) -> Askers:
    """Return askers for the same roles, models and cache that only plan."""
    made: dict[int, Planner] = {}
    for asker in (askers.propose, askers.verify, askers.explain):
        same = {each.name: getattr(asker, each.name) for each in fields(Asker) if each.init}
        made.setdefault(id(asker), Planner(**same, plan=plan))
    return replace(
        askers,
        propose=made[id(askers.propose)],
        verify=made[id(askers.verify)],
        explain=made[id(askers.explain)],
    )


def _about(question: Question) -> str:
    """Return what a question is about, without its step."""
    return question.item.rpartition(" [")[0] or question.item


def _shared(messages: Iterable[Message]) -> list[Message]:
    return [(role, text.replace("{lines}", "")) for role, text in messages]


def _line_tokens(line: str) -> float:
    return (len(line.encode("utf-8", "surrogatepass")) + len(_NUMBER)) * DEFAULT_RATIO.per_byte
