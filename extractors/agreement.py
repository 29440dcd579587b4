"""What several askings of one question agree on, and when another one cannot change that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Agreed", "Agreement", "Named"]


@dataclass(frozen=True, slots=True)
class Named:
    """One thing a sample named, at ``rank`` (1-based): ``key`` says what is the same, ``mention`` is its spelling."""

    key: str
    mention: str
    rank: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """One thing that was named in ``agreed`` of ``samples`` askings, as the first of them had it."""

    mention: str
    rank: int
    agreed: int
    samples: int
    accepted: bool


@dataclass
class Agreement:
    """The samples of one question: at most ``most``; a name is accepted when ``needed`` of them have it."""

    most: int
    needed: int
    _first: dict[str, Named] = field(default_factory=dict[str, Named])
    _counts: dict[str, int] = field(default_factory=dict[str, int])
    _samples: int = 0
    _stopped: bool = False

    def add(self, names: Sequence[Named]) -> None:
        """Take one sample; each key stands in it once."""
        self._samples += 1
        for name in names:
            self._first.setdefault(name.key, name)
            self._counts[name.key] = self._counts.get(name.key, 0) + 1

    def stop(self) -> None:
        """Take no more samples: one of them failed."""
        self._stopped = True

    @property
    def settled(self) -> bool:
        """Whether no further sample can change what is accepted.

        That is so when every name so far is in or can no longer come in, and a name not yet heard of could not
        come in either.
        """
        left = self.most - self._samples
        if self._stopped or left <= 0:
            return True
        if left >= self.needed:
            return False
        return all(count >= self.needed or count + left < self.needed for count in self._counts.values())

    def names(self) -> list[Agreed]:
        """Return every name in the order of first mention.

        Where a sample failed, the share that is needed of those that came is the same, and at least one.
        """
        needed = self.needed
        if self._stopped and self._samples:
            needed = max(1, -(-self.needed * self._samples // self.most))
        return [
            Agreed(name.mention, name.rank, self._counts[key], self._samples, self._counts[key] >= needed)
            for key, name in self._first.items()
        ]
