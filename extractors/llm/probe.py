"""Ask an endpoint one tiny question, to learn whether it would answer a build."""

from __future__ import annotations

from extractors.llm.client import connect
from extractors.llm.options import ModelOptions
from extractors.llm.questions import Question
from extractors.llm.replies import BadReply, Refused, TemporarilyUnavailable, read
from extractors.llm.requests import request_of
from kg.errors import ModelError

__all__ = ["ask"]

_QUESTION = Question(
    item="probe",
    reply="yes_no",
    messages=(("system", "You answer with one word: Yes or No."), ("user", "Is water wet?")),
    max_tokens=1,
)


def ask(options: ModelOptions) -> str:
    """Return in words that the endpoint answers; costs about 20 tokens.

    Raises:
        ModelError: it does not, or not as a build needs it (the check step needs log-probabilities).
    """
    client = connect(options, options.name, options.base_url)
    try:
        read(_QUESTION, client.send(request_of((_QUESTION,))))
    except TemporarilyUnavailable as error:
        raise ModelError(f"no answer: {error}", remedy="is the server running at models.base_url?") from error
    except (BadReply, Refused) as error:
        raise ModelError(
            f"the endpoint answers, but not usably: {error}", remedy="the model must support log-probabilities"
        ) from error
    finally:
        client.close()
    return "answers"
