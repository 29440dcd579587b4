"""What the questions of a plan will cost: calls, tokens and money, by relation and step, with a range."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from extractors.estimate import Listed, Odds, Plan, Sums
from extractors.history import PRIORS, Basis, History
from extractors.llm.cache import Average
from extractors.llm.replies import Usage

__all__ = ["Cost", "Figures", "Row", "forecast"]

Cost = Callable[[str, Usage], Decimal | None]
"""Returns the money that a model's tokens cost; ``None``: it has no price."""

_BASES: tuple[Basis, ...] = ("cache", "questions", "history", "other relations", "other models", "prior")
_DEVIATIONS = 2  # standard errors to each side
_DOUBT: dict[Basis, float] = {"history": 0.0, "other relations": 0.25, "other models": 0.35, "prior": 0.5}
_FEW = 4  # answers that the sample's spread weighs as much as
_UNMEASURED = 0.15  # a prompt's tokens by length alone, without an answer of the model's to measure by


@dataclass(frozen=True, slots=True)
class Figures:
    """Calls to make, tokens and money they will be billed at; ``money`` is ``None`` when a model has no price."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    money: Decimal | None = Decimal()

    @property
    def tokens(self) -> int:
        """Prompts and replies."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Figures) -> Figures:
        money = None if self.money is None or other.money is None else self.money + other.money
        return Figures(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            money,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One step of one relation. Of its ``questions``, ``answered`` need no asking and ``dead`` letters get none.

    ``low`` and ``high`` hold if everything that is guessed is off the same way, by two standard errors.
    ``basis_answers`` is the number of answers that the weakest guess rests on.
    """

    relation: str
    step: str
    model: str
    questions: int
    answered: int
    dead: int
    expected: Figures
    low: Figures
    high: Figures
    basis: Basis
    basis_answers: int


@dataclass(frozen=True, slots=True)
class _Guess:
    """A figure with its range."""

    low: float
    expected: float
    high: float
    basis: Basis = "questions"
    answers: int = 0

    def at(self, side: int) -> float:
        """Return the figure at -1: low, 0: expected, 1: high."""
        return (self.expected, self.high, self.low)[side]


_ONE = _Guess(1.0, 1.0, 1.0)


def forecast(plan: Plan, history: History, cost: Cost) -> list[Row]:
    """Return a row for each step of each relation, in the order in which they were planned."""
    groups: dict[tuple[str, str], list[Listed]] = {}
    for listed in plan.lists:
        groups.setdefault((listed.relation, listed.step), []).append(listed)
    return [_row(lists, _Guesses(plan, history, lists), cost) for lists in groups.values()]


class _Guesses:
    """What the row of one step has to guess."""

    def __init__(self, plan: Plan, history: History, lists: Sequence[Listed]) -> None:
        self._history = history
        self._first = lists[0]
        same = [each for each in plan.lists if each.relation == self._first.relation]
        self._names = [each for each in same if each.step == "names"]
        self._checks = [each for each in same if each.step == "plausible"]
        odds = {one for each in lists for one in each.missing}
        self.named = self._named() if any(one.named for one in odds) else _ONE
        self.passed = self._passed() if any(one.passed for one in odds) else _ONE
        self.again = self._again() if any(one.again for one in odds) else _ONE
        self.reply = self._completion(lists)
        self.prompt = _measure([lists, [each for each in plan.lists if each.model == self._first.model]])

    def weakest(self) -> _Guess:
        """Return the guess that the row rests on, the weakest of them."""
        return max((self.named, self.passed, self.again, self.reply), key=lambda g: (_BASES.index(g.basis), -g.answers))

    def weight(self, odds: Odds, side: int) -> float:
        """Return how often a question of such odds is asked."""
        named = self.named.at(side) if odds.named else 1.0
        passed = self.passed.at(side) if odds.passed else 1.0
        return named * passed * (self.again.at(side) if odds.again else 1.0)

    def _named(self) -> _Guess:
        """How many names will a subject get, that are kept and checked?"""
        seen = _total(each.names for each in self._names)
        real = sum(each.real for each in self._checks)
        kept = real / seen.total if seen.total else PRIORS.kept
        of = self._names[0]
        mean, answers, basis = self._found(of, lambda a: a.names, PRIORS.names)
        asked = sum(count for each in self._names for count, _ in each.missing.values())
        return _around(mean * kept, _error(_variation(seen), answers, asked), (basis, answers))

    def _passed(self) -> _Guess:
        """Which share of checks will be passed?"""
        of = self._checks[0]
        share, answers, basis = self._found(of, lambda a: a.yes, PRIORS.passed)
        asked = sum(count for each in self._checks for count, _ in each.missing.values())
        variation = math.sqrt((1 - share) / share) if share else 0.0
        guess = _around(share, _error(variation, answers, asked), (basis, answers))
        return _Guess(guess.low, share, min(1.0, guess.high), basis, answers)

    def _again(self) -> _Guess:
        """How often do the samples that had to agree leave it open? Where that is not known, they always do."""
        needed = min(each.sample for each in self._names if any(odds.again for odds in each.missing))
        later = {each.sample for each in self._names if each.sample >= needed}
        settled = sum(each.known for each in self._names if each.sample == needed - 1)
        if not settled:
            return _Guess(0.0, 1.0, 1.0)
        left = [each for each in self._names if each.sample in later]
        certain = sum(count for each in left for odds, (count, _) in each.missing.items() if not odds.again)
        share = min(1.0, (certain + sum(each.known for each in left)) / (settled * len(later)))
        error = _DEVIATIONS * math.sqrt((share * (1 - share) + 0.25 / settled) / settled)
        return _Guess(max(0.0, share - error), share, min(1.0, share + error), "history", settled)

    def _found(self, of: Listed, value: Callable[[Average], float], prior: float) -> tuple[float, int, Basis]:
        return self._history.find(of.model, of.relation, of.step, value) or (prior, 0, "prior")

    def _completion(self, lists: Sequence[Listed]) -> _Guess:
        """How many tokens will a reply have?"""
        missing = sum(count for each in lists for count, _ in each.missing.values())
        if not missing or self._first.reply == "yes_no":
            return _ONE  # the one word that is asked for
        of = self._first
        mean, answers, basis = self._found(of, lambda a: a.completion_tokens, dict(PRIORS.completion)[of.reply])
        seen = _variation(_total(each.completion for each in lists))
        return _around(mean, _error(seen, answers, missing), (basis, answers))


def _row(lists: Sequence[Listed], guesses: _Guesses, cost: Cost) -> Row:
    first = lists[0]
    answered, dead = sum(each.known for each in lists), sum(each.dead for each in lists)
    asked = sum(_asked(each, guesses, 0) for each in lists)
    weakest = guesses.weakest()
    low, expected, high = (_figures(lists, guesses, side, cost) for side in (-1, 0, 1))
    basis = weakest.basis if asked else "cache"
    return Row(
        relation=first.relation,
        step=first.step,
        model=first.model,
        questions=answered + dead + round(asked),
        answered=answered,
        dead=dead,
        expected=expected,
        low=low,
        high=high,
        basis=basis,
        basis_answers=weakest.answers if asked else answered,
    )


def _asked(listed: Listed, guesses: _Guesses, side: int) -> float:
    return sum(count * guesses.weight(odds, side) for odds, (count, _) in listed.missing.items())


def _figures(lists: Sequence[Listed], guesses: _Guesses, side: int, cost: Cost) -> Figures:
    calls = prompt = asked = 0.0
    for each in lists:
        here = _asked(each, guesses, side)
        sent = math.ceil(here / each.per_call - 1e-9) if each.per_call > 1 else here
        own = sum(tokens * guesses.weight(odds, side) for odds, (_, tokens) in each.missing.items())
        schema = each.schema if side > 0 and guesses.prompt.basis != "history" else 0.0
        prompt += (sent * (each.base + schema) + own) * guesses.prompt.at(side)
        calls += sent
        asked += here
    usage = Usage(round(prompt), round(asked * guesses.reply.at(side)))
    money = cost(lists[0].model, usage) if asked else Decimal()
    return Figures(round(calls), usage.prompt_tokens, usage.completion_tokens, money)


def _measure(candidates: Iterable[Sequence[Listed]]) -> _Guess:
    """Return billed / expected tokens of prompts that the model has answered, of the first candidates that it has."""
    for lists in candidates:
        expected = sum(math.ceil(each.measured / each.per_call) * each.base + each.known_tokens for each in lists)
        if expected:
            ratio = sum(each.prompt for each in lists) / expected
            return _Guess(ratio, ratio, ratio, "history")
    return _Guess(1 - _UNMEASURED, 1.0, 1 + _UNMEASURED, "prior")


def _around(mean: float, error: float, rests_on: tuple[Basis, int]) -> _Guess:
    basis, answers = rests_on
    aside = _DEVIATIONS * error + _DOUBT[basis]
    return _Guess(mean * max(0.0, 1 - aside), mean, mean * (1 + aside), basis, answers)


def _variation(seen: Sums) -> float:
    """Return standard deviation / mean of values, drawn towards the sample's while there are few."""
    own, degrees = seen.variation, seen.count - 1
    if own is None:
        return PRIORS.variation
    return math.sqrt((own**2 * degrees + PRIORS.variation**2 * _FEW) / (degrees + _FEW))


def _error(variation: float, answers: int, asked: int) -> float:
    """Return the standard error of the sum of ``asked`` values / the sum, foretold by the mean of ``answers``."""
    return variation * math.sqrt((1 / answers if answers else 0.0) + (1 / asked if asked else 0.0))


def _total(sums: Iterable[Sums]) -> Sums:
    total = Sums()
    for each in sums:
        total = total.plus(each)
    return total
