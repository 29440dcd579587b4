"""A step's prompt for several subjects at once, made of the same instruction and the same worked examples."""

from __future__ import annotations

import json
from functools import lru_cache

from extractors.llm.questions import Message
from extractors.prompts import Prompt, Step

__all__ = ["PACKABLE", "shared_messages"]

PACKABLE: frozenset[Step] = frozenset({"names", "explain"})
"""Steps whose reply is JSON, and so can say which line it is about."""

_EACH = "Each numbered line is a question of its own. Answer every line under its number, and no other."


def shared_messages(prompt: Prompt, step: Step) -> tuple[Message, ...]:
    """Return what questions of ``step`` share; each adds the text of its own last message as its line.

    The worked examples stand as one numbered list, so that the model sees the form it is to answer in.

    Raises:
        ValueError: the step's reply cannot be shared.
    """
    if step not in PACKABLE:
        raise ValueError(f"the step {step!r} is read from the first word of its reply: it cannot share a prompt")
    return _shared(prompt.steps[step])


@lru_cache(maxsize=64)
def _shared(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    instruction = messages[0][1]
    examples = list(zip(messages[1:-1:2], messages[2:-1:2], strict=True))
    asked = "\n".join(f"{number}. {question}" for number, ((_, question), _) in enumerate(examples, 1))
    answers = [{"id": number, **json.loads(answer)} for number, (_, (_, answer)) in enumerate(examples, 1)]
    return (
        ("system", f"{instruction} {_EACH}"),
        ("user", asked),
        ("assistant", json.dumps({"answers": answers}, ensure_ascii=False)),
        ("user", "{lines}"),
    )
