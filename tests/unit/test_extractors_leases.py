"""A question that one asks is not asked by another: leases, their end, and who may take them over."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractors.llm import leases
from extractors.llm.cache import AnswerCache, Claim
from extractors.llm.leases import owner_name
from tests.parts.answers import MILK, Clock, letter, python, recorded


@pytest.fixture
def clock() -> Clock:
    """What both caches take for the time."""
    return Clock()


@pytest.fixture
def caches(tmp_path: Path, clock: Clock) -> Iterator[tuple[AnswerCache, AnswerCache]]:
    """The same file, opened twice."""
    one, two = (AnswerCache(tmp_path / "answers.sqlite", clock) for _ in range(2))
    yield one, two
    one.close()
    two.close()


Caches = tuple[AnswerCache, AnswerCache]


def test_every_key_of_a_claim_has_one_outcome(caches: Caches) -> None:
    """Answered, dead, held by another, or now mine; in order, and equal keys once."""
    one, two = caches
    one.put(recorded("answered"))
    one.bury(letter("dead"))
    assert one.claim(["held"], "one", 60).mine == ("held",)
    claim = two.claim(["new", "held", "dead", "answered", "newer", "new"], "two", 60)
    assert (claim.mine, claim.held) == (("new", "newer"), ("held",))
    assert claim.answered["answered"].names == MILK.names
    assert claim.dead == {"dead": letter("dead")}
    assert two.claim([], "two", 60) == Claim((), {}, {}, ())


def test_claiming_again_is_the_owners_right(caches: Caches) -> None:
    """What an owner holds is its own in every later claim."""
    one, two = caches
    one.claim(["a"], "one", 60)
    assert two.claim(["b", "a"], "one", 60).mine == ("b", "a")


def test_an_answer_or_a_dead_letter_ends_a_lease(caches: Caches) -> None:
    """Who waits sees the outcome at the next claim."""
    one, two = caches
    one.claim(["a", "b", "c"], "one", 60)
    one.put(recorded("a"))
    one.bury(letter("b"))
    claim = two.claim(["a", "b", "c"], "two", 60)
    assert (list(claim.answered), list(claim.dead), claim.held) == (["a"], ["b"], ("c",))
    assert one.leased() == 1


def test_leases_can_be_given_back(caches: Caches) -> None:
    """Only the owner's own."""
    one, two = caches
    one.claim(["a", "b"], "one", 60)
    two.claim(["c"], "two", 60)
    one.release(["a", "c", "nothing"], "one")
    assert two.claim(["a", "b", "c"], "three", 60) == Claim(("a",), {}, {}, ("b", "c"))


def test_a_lease_ends_with_its_time(caches: Caches, clock: Clock) -> None:
    """Not a moment before; then whoever claims it next has it, and the first owner no longer."""
    one, two = caches
    one.claim(["a"], "one", 60)
    clock.now += 59
    assert two.claim(["a"], "two", 60).held == ("a",)
    clock.now += 1
    assert one.leased() == 0
    assert two.claim(["a"], "two", 60).mine == ("a",)
    assert one.renew("one", 60) == 0
    assert one.claim(["a"], "one", 60).held == ("a",)


def test_renewing_extends_all_leases_of_an_owner(caches: Caches, clock: Clock) -> None:
    """Those of every claim; a claim renews the earlier ones as well."""
    one, two = caches
    one.claim(["a"], "one", 10)
    clock.now += 9
    one.claim(["b"], "one", 10)
    clock.now += 9
    assert one.renew("one", 60) == 2
    clock.now += 59
    assert two.claim(["a", "b"], "two", 60).held == ("a", "b")


def test_a_late_answer_is_kept(caches: Caches, clock: Clock) -> None:
    """The answer of one who lost the lease is as good; who took it over finds it."""
    one, two = caches
    one.claim(["a"], "one", 10)
    clock.now += 10
    two.claim(["a"], "two", 60)
    one.put(recorded("a"))
    assert list(two.claim(["a"], "two", 60).answered) == ["a"]
    assert one.leased() == 0


def test_a_process_of_this_machine_that_is_gone_holds_nothing(caches: Caches) -> None:
    """Its questions are free at once; those of a live process, another machine or a batch job are not."""
    one, two = caches
    with python("print(owner_name(), flush=True)") as process:
        assert process.stdout is not None
        gone = process.stdout.readline().strip()
    machine, number, _ = gone.rsplit(":", 2)
    holders = {"gone": gone, "alive": owner_name(), "elsewhere": f"elsewhere:{number}:x", "batch": f"batch:{number}"}
    for key, owner in holders.items():
        assert one.claim([key], owner, 3600).mine == (key,)
    assert machine == owner_name().rsplit(":", 2)[0]
    assert two.claim([*holders], "two", 60) == Claim(("gone",), {}, {}, ("alive", "elsewhere", "batch"))


def test_owners_have_names_of_their_own() -> None:
    """Two askers in one process are two owners of one process."""
    names = {owner_name() for _ in range(100)}
    assert len(names) == 100
    assert {name.split(":")[1] for name in names} == {str(os.getpid())}


def test_systems_without_process_spaces_have_owners_too(
    caches: Caches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system does not count processes apart, the machine's name will do."""
    monkeypatch.setattr(leases, "_PROCESS_NUMBERS", tmp_path / "nowhere")
    owner = owner_name()
    assert owner.startswith(f"{socket.gethostname()}/0:{os.getpid()}:")
    caches[0].claim(["a"], owner, 60)
    assert caches[1].claim(["a"], "two", 60).held == ("a",)


def test_eight_threads_never_hold_the_same(caches: Caches) -> None:
    """Claims of eight owners over the same questions part them without overlap or gap; all answers are kept."""
    keys = [f"k{number}" for number in range(400)]
    asked: list[str] = []

    def ask(number: int) -> None:
        cache = caches[number % 2]
        for start in range(0, len(keys), 20):
            mine = cache.claim(keys[start : start + 20], f"owner {number}", 60).mine
            asked.extend(mine)
            for key in mine:
                cache.put(recorded(key))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asked) == sorted(keys)
    assert sorted(caches[0].get_many(keys)) == sorted(keys)
    assert caches[0].leased() == 0
