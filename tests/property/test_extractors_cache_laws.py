"""The answer cache under any sequence of claims, answers, burials, renewals and time, against a plain model of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from extractors.llm.cache import AnswerCache, Billed, Claim, DeadLetter
from extractors.llm.questions import Answer
from extractors.llm.replies import Usage
from tests.parts.answers import Clock, letter, recorded

KEYS = st.sampled_from("abcde")
SOME = st.lists(KEYS, max_size=5)
OWNERS = st.sampled_from(["one", "two", "batch:3"])
SECONDS = st.integers(1, 20)
SIDE = st.integers(0, 1)


class Caches(RuleBasedStateMachine):
    """Two connections to one file, and what they should hold: answers, letters, who leases what and until when."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.caches = [self.opened(), self.opened()]
        self.answers: dict[str, Answer] = {}
        self.dead: dict[str, DeadLetter] = {}
        self.leases: dict[str, str] = {}
        self.ends: dict[str, float] = {}
        self.calls = self.tokens = 0

    def opened(self) -> AnswerCache:
        """Return a new connection."""
        return AnswerCache(Path(self.folder.name) / "answers.sqlite", self.clock)

    def teardown(self) -> None:
        """Close both connections."""
        for cache in self.caches:
            cache.close()
        self.folder.cleanup()

    @rule(side=SIDE, keys=SOME, owner=OWNERS, seconds=SECONDS)
    def claim(self, side: int, keys: list[str], owner: str, seconds: int) -> None:
        """What is neither answered, dead nor held by another is the owner's."""
        unique = list(dict.fromkeys(keys))
        answered = {key: self.answers[key] for key in unique if key in self.answers}
        dead = {key: self.dead[key] for key in unique if key in self.dead}
        left = [key for key in unique if key not in answered and key not in dead]
        if left:
            self.ends[owner] = self.clock.now + seconds
            over = {each for each, end in self.ends.items() if end <= self.clock.now}
            self.leases = {key: holder for key, holder in self.leases.items() if holder not in over}
        mine = tuple(key for key in left if self.leases.get(key, owner) == owner)
        held = tuple(key for key in left if key not in mine)
        self.leases.update(dict.fromkeys(mine, owner))
        assert self.caches[side].claim(keys, owner, seconds) == Claim(mine, answered, dead, held)

    @rule(side=SIDE, owner=OWNERS, seconds=SECONDS)
    def renew(self, side: int, owner: str, seconds: int) -> None:
        """All leases that nobody has taken over live on."""
        held = [key for key, holder in self.leases.items() if holder == owner]
        if held:
            self.ends[owner] = self.clock.now + seconds
        assert self.caches[side].renew(owner, seconds) == len(held)

    @rule(side=SIDE, keys=SOME, owner=OWNERS)
    def release(self, side: int, keys: list[str], owner: str) -> None:
        """The owner's own leases end."""
        self.caches[side].release(keys, owner)
        self.leases = {key: holder for key, holder in self.leases.items() if key not in keys or holder != owner}

    @rule(side=SIDE, keys=SOME, reason=st.sampled_from(["yes", "no"]), tokens=st.integers(0, 9))
    def put(self, side: int, keys: list[str], reason: str, tokens: int) -> None:
        """The first answer stays; every call is billed."""
        new = {key for key in keys if key not in self.answers}
        records = [recorded(key, Answer(reason=reason)) for key in keys]
        assert self.caches[side].put_many(records, ("m", "reason", Usage(tokens, 1))) == len(new)
        for key in keys:
            self.answers.setdefault(key, Answer(reason=reason, source="cached"))
            self.dead.pop(key, None)
            self.leases.pop(key, None)
        self.calls, self.tokens = self.calls + 1, self.tokens + tokens

    @rule(side=SIDE, key=KEYS, said=st.text(max_size=9))
    def bury(self, side: int, key: str, said: str) -> None:
        """What is not answered is dead."""
        self.caches[side].bury(letter(key, said))
        self.leases.pop(key, None)
        if key not in self.answers:
            self.dead[key] = letter(key, said)

    @rule(side=SIDE, keys=st.none() | SOME)
    def exhume(self, side: int, keys: list[str] | None) -> None:
        """What was dead can be claimed again."""
        gone = [key for key in self.dead if keys is None or key in keys]
        assert self.caches[side].exhume(keys) == len(gone)
        for key in gone:
            del self.dead[key]

    @rule(seconds=st.integers(0, 15))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.clock.now += seconds

    @rule(side=SIDE)
    def reopen(self, side: int) -> None:
        """Nothing depends on a connection."""
        self.caches[side].close()
        self.caches[side] = self.opened()

    @invariant()
    def both_agree_with_the_model(self) -> None:
        """Answers, letters, leases and the bill are the same by both connections."""
        live = [key for key, holder in self.leases.items() if self.ends[holder] > self.clock.now]
        for cache in self.caches:
            assert cache.get_many(list("abcde")) == {key: self.answers[key] for key in sorted(self.answers)}
            assert cache.dead() == cache.dead(list("abcde")) == self.dead
            assert cache.leased() == len(live)
            bills = [Billed("m", "reason", self.calls, self.tokens, self.calls)] if self.calls else []
            assert cache.billed() == bills


TestCaches = Caches.TestCase
TestCaches.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
