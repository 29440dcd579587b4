"""Everything that can go wrong, drawn as one tree.

::

    KgError                      exit 1   anything we report on one line
    ├── ConfigError              exit 2   a setting is unknown, missing or out of range
    ├── InputError               exit 1   a file from outside cannot be used as it is
    ├── ArtefactError            exit 1   a build's own file is missing or does not match its manifest
    ├── ModelError               exit 1   the language model cannot be asked at all
    │   └── ModelUnavailable     exit 1   no endpoint and no weights: recorded answers may still serve
    ├── StoreError               exit 1   the graph database refused or cannot be reached
    │   ├── StoreBusy            exit 1   another process holds the embedded graph
    │   ├── StoreUnreachable     exit 1   nothing answers at the address, or the connection broke
    │   ├── StoreRefused         exit 1   wrong name or password, or a missing right
    │   ├── StoreTooOld          exit 1   the server is older than what the queries need
    │   └── NotFound             exit 1   a key names nothing in the graph, or more than one thing
    │       └── Ambiguous        exit 1
    └── QualityGateError         exit 3   the run finished, but missed a gate or its failure budget

Each carries the remedy beside the reason, so that the one line on stderr is something a reader can act on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = [
    "Ambiguous",
    "ArtefactError",
    "ConfigError",
    "InputError",
    "KgError",
    "ModelError",
    "ModelUnavailable",
    "NotFound",
    "QualityGateError",
    "StoreBusy",
    "StoreError",
    "StoreRefused",
    "StoreTooOld",
    "StoreUnreachable",
]


class KgError(Exception):
    """An error with a reason for people, a remedy and a process exit code."""

    exit_code = 1

    def __init__(self, reason: str, *, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.reason}; {self.remedy}" if self.remedy else self.reason

    def __reduce__(self) -> tuple[Any, ...]:
        # An error made in a worker process is pickled on its way home; what it was made with is in its attributes.
        return _restored, (type(self), self.args), self.__dict__


class ConfigError(KgError):
    """A setting is unknown, missing, of the wrong type or out of range."""

    exit_code = 2


class InputError(KgError):
    """A file from outside cannot be used as it is; names file, line and field where they are known."""

    def __init__(self, reason: str, *, file: str, line: int | None = None, field: str = "", remedy: str = "") -> None:
        super().__init__(reason, remedy=remedy)
        self.file = file
        self.line = line
        self.field = field

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        field = f"{self.field}: " if self.field else ""
        return f"{where}: {field}{super().__str__()}"


class ArtefactError(KgError):
    """A build's own file is missing, truncated or does not match its manifest."""


class ModelError(KgError):
    """The language model cannot be asked at all: wrong key, unknown model, no server."""


class ModelUnavailable(ModelError):  # noqa: N818 - reads as the state it reports
    """There is no endpoint and the embedded model cannot be had; recorded answers may still serve."""


class StoreError(KgError):
    """The graph database refused the work or cannot be reached."""


class StoreBusy(StoreError):  # noqa: N818 - reads as the state it reports
    """Another process holds the embedded graph and did not let go in time."""


class StoreUnreachable(StoreError):  # noqa: N818 - reads as the state it reports
    """Nothing answers at the address, or the connection broke for good."""


class StoreRefused(StoreError):  # noqa: N818 - reads as the state it reports
    """The server does not accept the name or password, or the user lacks a right."""


class StoreTooOld(StoreError):  # noqa: N818 - reads as the state it reports
    """The server is older than what the queries need."""


class NotFound(StoreError):  # noqa: N818 - reads as the state it reports
    """A key names nothing in the graph; ``suggestions`` are (id, name) of what comes near, best first."""

    def __init__(self, reason: str, *, suggestions: Sequence[tuple[str, str]] = (), remedy: str = "") -> None:
        super().__init__(reason, remedy=remedy)
        self.suggestions = tuple(suggestions)


class Ambiguous(NotFound):
    """A key names several things equally well; ``suggestions`` are those."""


class QualityGateError(KgError):
    """The run finished, but missed a quality gate or its failure budget."""

    exit_code = 3


def _restored(kind: type[KgError], arguments: tuple[object, ...]) -> KgError:
    """Return an error without calling its own ``__init__``."""
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    return error
