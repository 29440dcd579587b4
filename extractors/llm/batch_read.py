"""What the results of a job mean for its questions: an answer, a dead letter, or to be asked once more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from extractors.llm.batch_api import Mistake
from extractors.llm.batch_files import Result
from extractors.llm.batch_jobs import Asked, Earlier, Stored
from extractors.llm.cache import DeadLetter, RecordedAnswer
from extractors.llm.faults import both, letter, reason_of
from extractors.llm.packs import Pack, read_pack
from extractors.llm.replies import Refused, Reply

__all__ = ["BATCH", "NO_MORE", "at_fault", "once_more", "stored_as"]

BATCH = " (batch)"
"""What the kind of a bill ends with when it was at the price of the batch interface."""
NO_MORE = 1_000_000
"""So many tries that none is left."""


def stored_as(result: Result, asked: Asked, model: str) -> Stored:
    """Return what is to be filed for one result."""
    if result.reply is not None:
        return _replied(result.name, result.reply, asked, model)
    if isinstance(result.error, Refused):
        return Stored(result.name, letters=_letters(asked, result.error, model))
    return Stored(result.name, again=once_more([asked], str(result.error), over=result.over))


def once_more(asked: Iterable[Asked], why: str, *, over: bool = False) -> dict[str, Earlier]:
    """Return what is to be known of questions to which no reply came; ``over``: they are not to be sent again."""
    found: dict[str, Earlier] = {}
    for each in asked:
        for key, _ in each.questions:
            known = each.earlier.get(key, Earlier())
            found[key] = replace(known, tries=NO_MORE if over else known.tries + 1, detail=why)
    return found


def at_fault(asked: Mapping[str, Asked], mistakes: Sequence[Mistake], model: str) -> list[Stored]:
    """Return the dead letters of the lines for which a batch was not accepted.

    There are none when it is not about single lines: when a mistake has no line, or all lines (of several) have one.
    """
    by_line = {each.line: each for each in mistakes}
    wrong = {name: by_line[each.line] for name, each in asked.items() if each.line in by_line}
    if 0 in by_line or len(wrong) == len(asked) > 1:
        return []
    return [
        Stored(name, letters=_letters(asked[name], Refused(f"line {mistake.line}: {mistake.message}"), model))
        for name, mistake in wrong.items()
    ]


def _replied(name: str, reply: Reply, asked: Asked, model: str) -> Stored:
    pack = Pack(dict(asked.questions))
    found = read_pack(pack, reply)
    letters: list[DeadLetter] = []
    again: dict[str, Earlier] = {}
    alone = len(pack.questions) == 1
    for key, fault in found.faults.items():
        known = asked.earlier.get(key, Earlier())
        if not known.kind and not (alone and isinstance(fault, Refused)):
            kind = reason_of(fault)
            again[key] = replace(known, kind=kind, fault=str(fault), said=reply.content, alone=alone)
            continue
        last = fault if isinstance(fault, Refused) or not known.kind else both(known.error(), fault)
        letters.append(letter(key, model, pack.questions[key].item, last))
    records = [RecordedAnswer(key, model, pack.questions[key].item, answer) for key, answer in found.answers.items()]
    step = asked.questions[0][1].reply
    return Stored(name, records, letters, again, (model, f"{step}{BATCH}", reply.usage))


def _letters(asked: Asked, fault: Refused, model: str) -> list[DeadLetter]:
    return [letter(key, model, question.item, fault) for key, question in asked.questions]
