"""Questions and answers for fine-tuning a chat model: JSON lines of OpenAI's chat format, in two files.

Every pair comes from kept edges with an explanation: for each subject one question for all its targets, for each edge
questions for its reason. All pairs of one subject are in the same file, and no question is asked twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from kg.model import Level, NodeKind
from kg.store.export.output import Output
from kg.store.export.qa_templates import PHRASINGS, TEMPLATES, Templates
from kg.store.export.source import Source, Steps, kinds_of
from kg.store.export.texts import json_text, literal, together
from kg.store.kinds import NODE_KINDS, EdgeKind
from kg.text import clean, key

__all__ = ["NAME", "QaOptions", "write"]

NAME = "qa"
_FILES = {False: "train.jsonl", True: "valid.jsonl"}
# What chat models take for the frame of a conversation; a space inside makes it plain text again.
_FRAME = re.compile(r"<(?=[|/]|(?:s|bos|eos|start_of_turn|end_of_turn)>)|\[(?=/?(?:INST|SYS))")
_ENDS = (".", "!", "?", "…")
_COLUMNS = {"n": "BIGINT", "valid": "BOOLEAN", "question": "VARCHAR", "answer": "VARCHAR"}
_LINE = together(
    literal('{"messages":[{"role":"user","content":'), json_text("question"),
    literal('},{"role":"assistant","content":'), json_text("answer"), literal("}]}"),
)  # fmt: skip

Row = tuple[Any, ...]
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class QaOptions:
    """``phrasings``: ways to ask for the reason of an edge, 1 to 4. ``valid``: share of subjects held out, 0 to 1."""

    level: Level = Level.TYPE
    phrasings: int = 2
    valid: float = 0.1


@dataclass(frozen=True, slots=True)
class _Reason:
    """An edge in words. ``key`` is what the target's name is compared by."""

    target: str
    key: str
    explanation: str


def write(source: Source, output: Output, options: QaOptions, steps: Steps) -> str:
    """Write a build's explained edges as questions and answers, for training and for validation."""
    kinds = [kind for kind in kinds_of(options.level)[1] if (kind.source, kind.relation) in TEMPLATES]
    total = source.total(kinds)

    def told(count: int) -> None:
        steps("asking", count, total)

    asked = chain.from_iterable(_asked(source, kind, options, told) for kind in kinds)
    source.keep("pairs", _COLUMNS, ({"n": n, **row} for n, row in enumerate(asked)))
    # Doubled questions are found out of core: of each the first is taken.
    source.engine.execute("CREATE TABLE firsts AS SELECT min(n) AS n FROM pairs GROUP BY md5(lower(question))")
    for valid, name in _FILES.items():
        chosen = f"SELECT n, {_LINE} AS line FROM pairs SEMI JOIN firsts USING (n) WHERE valid = {valid}"
        with output.file(name) as sink:
            for batch in source.tuples(f"SELECT line FROM ({chosen}) ORDER BY n"):
                sink.lines([line for (line,) in batch])
    return ""


def _asked(
    source: Source, kind: EdgeKind, options: QaOptions, told: Callable[[int], None]
) -> Iterator[dict[str, object]]:
    """Yield what is asked about a kind of edges: whether it is held out, question and answer."""
    words = TEMPLATES[kind.source, kind.relation]
    rows = chain.from_iterable(_counted(source.tuples(_text(kind)), told))
    told(source.total([kind]) - source.count(_text(kind)))
    for _, group in groupby(rows, key=itemgetter(0)):
        edges = list(group)
        subject, subject_key = _name(edges[0][1])
        held = _number(subject_key) / 2**63 < options.valid
        for pair in _pairs(subject, _reasons(edges, subject_key), words, options.phrasings) if subject else ():
            yield {"valid": held, "question": pair[0], "answer": pair[1]}


def _text(kind: EdgeKind) -> str:
    """SQL: id and name of the source, name of the target, explanation; by source, best first."""
    return (
        f"SELECT e.s, a.name, b.name, e.explanation FROM ({kind.select}) e "
        f"JOIN ({_names(kind.source)}) a ON e.s = a.id JOIN ({_names(kind.target)}) b ON e.t = b.id "
        "WHERE e.explanation <> '' ORDER BY e.s, e.rank, e.t"
    )


def _names(label: NodeKind) -> str:
    select = next(kind.select for kind in NODE_KINDS if kind.label is label)
    return f"SELECT id, {'title' if label is NodeKind.PRODUCT else 'name'} AS name FROM ({select})"


def _counted(batches: Iterator[list[Row]], told: Callable[[int], None]) -> Iterator[list[Row]]:
    for batch in batches:
        yield batch
        told(len(batch))


def _reasons(edges: Sequence[Row], subject_key: str) -> list[_Reason]:
    """Return the edges of a subject in words, one a name, and none to itself."""
    found: dict[str, _Reason] = {}
    for _, _, name, explanation in edges:
        target, target_key = _name(name)
        reason = _plain(explanation)
        if target and reason and target_key != subject_key:
            found.setdefault(target_key, _Reason(target, target_key, _sentence(reason)))
    return list(found.values())


def _pairs(subject: str, reasons: Sequence[_Reason], words: Templates, phrasings: int) -> list[Pair]:
    """Return questions and answers about a subject; which phrasing is taken depends on the names alone."""
    if not reasons:
        return []
    which = words.which[_number(subject) % len(words.which)]
    answer = " ".join(f"{reason.target}: {reason.explanation}" for reason in reasons)
    pairs = [(which.format(subject=subject), answer)]
    for reason in reasons:
        first = _number(f"{subject}\n{reason.target}")
        for turn in range(min(phrasings, PHRASINGS)):
            why = words.why[(first + turn) % len(words.why)]
            pairs.append((why.format(subject=subject, target=reason.target), reason.explanation))
    return pairs


@lru_cache(maxsize=65_536)
def _name(text: str) -> Pair:
    """Return a name as it is said, and as it is compared."""
    said = _plain(text)
    return said, key(said) or said


def _plain(text: str) -> str:
    """Return text of one line, without control characters or the marks that frame a conversation."""
    return _FRAME.sub(r"\g<0> ", clean(text))


def _sentence(text: str) -> str:
    return text if text.endswith(_ENDS) else f"{text}."


def _number(text: str) -> int:
    """Return a number of 63 bits that depends on the text alone."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
