"""One model behind one method: a :class:`Question` in, an :class:`Answer` out, through LangChain.

This is the only module that imports LangChain and the OpenAI SDK, and it does so when the first question is
really asked: those imports cost a second that a rebuild from cached answers need not pay.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

from pydantic import ValidationError

from extractors.llm.questions import REPLIES, Answer, Names, Question, Reason
from kg.errors import ModelError

if TYPE_CHECKING:
    import openai
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable

    from extractors.llm.options import ModelOptions

__all__ = ["BadReply", "ChatClient", "Client", "Closable", "Refused", "TemporarilyUnavailable", "connect"]

_TOP_LOGPROBS = 10
_REFUSED = {401, 403, 404}
_NO_CREDIT = 402
_LATER = {408, 409, 425, 429}


class BadReply(Exception):  # noqa: N818 - an outcome that becomes a Failure record, not an error of ours
    """The model answered, but not what was asked for: not the schema, cut short, empty."""


class Refused(Exception):  # noqa: N818 - as above
    """This very question gets no answer (too long, forbidden content, the model declines); others may pass."""


class TemporarilyUnavailable(Exception):  # noqa: N818 - as above
    """The endpoint may answer later: rate limit, time-out, connection or server fault.

    ``retry_after_s`` is what the endpoint asked for, if it did.
    """

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Client(Protocol):
    """What can be asked."""

    name: str

    def ask(self, question: Question) -> Answer:
        """Return the answer.

        Raises:
            BadReply, Refused, TemporarilyUnavailable: this question has no answer (now).
            ModelError: no question can be answered; stop.
        """
        ...


class Closable(Protocol):
    """What has connections to close."""

    def close(self) -> None:
        """Close them."""
        ...


@dataclass
class ChatClient:
    """A LangChain chat model behind :class:`Client`. ``name`` is what answers are filed under."""

    name: str
    model: BaseChatModel
    connections: Closable | None = None

    def close(self) -> None:
        """Close the connections that are ours; LangChain closes its own."""
        if self.connections is not None:
            self.connections.close()

    def ask(self, question: Question) -> Answer:
        """See :class:`Client`."""
        bound: dict[str, Any] = {
            "max_tokens": question.max_tokens,
            "temperature": question.temperature,
            "frequency_penalty": question.frequency_penalty,
        }
        schema = REPLIES[question.reply]
        if schema is None:
            runnable = self.model.bind(**bound, logprobs=True, top_logprobs=_TOP_LOGPROBS)
            return _yes_no(cast("AIMessage", _invoke(runnable, question)))
        structured = self.model.with_structured_output(schema, method="json_schema", include_raw=True, **bound)
        return _structured(cast("dict[str, Any]", _invoke(structured, question)))


def _invoke(runnable: Runnable[Any, Any], question: Question) -> object:
    """Send the question; turn whatever LangChain and the SDK raise into one of our four outcomes."""
    import openai  # noqa: PLC0415 - heavy; see the module docstring

    try:
        return runnable.invoke(list(question.messages))
    except openai.APIStatusError as error:
        raise _outcome(error.status_code, error) from error
    except openai.APIConnectionError as error:
        raise TemporarilyUnavailable(_first_line(error)) from error
    except openai.LengthFinishReasonError as error:
        raise BadReply("the reply was cut short by max_tokens") from error
    except openai.ContentFilterFinishReasonError as error:
        raise Refused("the endpoint's content filter stopped the reply") from error
    except ValidationError as error:
        raise BadReply(f"not the schema: {_validation(error)}") from error
    except (openai.APIError, AttributeError, LookupError, TypeError, ValueError) as error:
        # A body that is no chat completion (a proxy's page, no choices) trips the SDK in ever other ways.
        raise TemporarilyUnavailable(f"the reply is no chat completion: {_first_line(error)}") from error


def _outcome(status: int, error: openai.APIStatusError) -> Exception:
    """Return what an error status means: for all questions, for this one, or for now."""
    line = _first_line(error)
    if status in _REFUSED:
        return ModelError(
            f"the endpoint refuses us: {line}",
            remedy="check models.api_key, models.model and models.base_url; 'kg doctor' tests them",
        )
    if status == _NO_CREDIT or "insufficient_quota" in {error.code, error.type}:
        return ModelError(f"no quota left: {line}", remedy="add credit, then run again")
    if status >= 500 or status in _LATER:
        return TemporarilyUnavailable(line, _retry_after(error.response.headers.get("retry-after", "")))
    return Refused(line)


def connect(options: ModelOptions, base_url: str | None) -> ChatClient:
    """Return a client for the endpoint at ``base_url`` (``None``: the provider's own); nothing is sent yet.

    A model on this machine is never asked through the proxy that the environment may name.
    """
    import openai  # noqa: PLC0415 - heavy; see the module docstring
    from langchain.chat_models import init_chat_model  # noqa: PLC0415 - as above

    connections = openai.DefaultHttpxClient(trust_env=False) if _is_here(base_url) else None
    own: dict[str, Any] = {"http_client": connections, "http_socket_options": ()} if connections else {}
    key = options.api_key.get_secret_value() if options.api_key else "none"
    model = init_chat_model(  # pyright: ignore[reportUnknownVariableType] - its overloads are not typed through
        options.name,
        model_provider=options.provider,
        base_url=base_url,
        api_key=key,
        timeout=options.timeout_s,
        max_retries=0,  # one retry layer, and it is the asker's
        use_responses_api=False,
        **own,
    )
    return ChatClient(options.name, cast("BaseChatModel", model), connections)


def _is_here(base_url: str | None) -> bool:
    host = urlsplit(base_url or "").hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _structured(reply: dict[str, Any]) -> Answer:
    raw, parsed = cast("AIMessage", reply["raw"]), reply["parsed"]
    _must_not_decline(raw)
    if isinstance(parsed, Names):
        return Answer(names=tuple(parsed.items), **_usage(raw))
    if isinstance(parsed, Reason):
        return Answer(reason=parsed.reason, **_usage(raw))
    raise BadReply("not the schema: an empty reply")


def _yes_no(message: AIMessage) -> Answer:
    """Read P(yes) from the first token's alternatives, renormalised over yes and no."""
    _must_not_decline(message)
    metadata = cast("dict[str, Any]", message.response_metadata)
    logprobs = cast("dict[str, Any]", metadata.get("logprobs") or {})
    content = cast("list[dict[str, Any]]", logprobs.get("content") or [])
    if not content:
        raise BadReply("the endpoint sent no log-probabilities")
    mass = {"yes": 0.0, "no": 0.0}
    for alternative in cast("list[dict[str, Any]]", content[0].get("top_logprobs") or []):
        word = str(alternative["token"]).strip().lower()
        if word in mass:
            mass[word] += math.exp(float(alternative["logprob"]))
    total = mass["yes"] + mass["no"]
    if total <= 0:
        raise BadReply("neither yes nor no among the likeliest first words")
    return Answer(yes=round(mass["yes"] / total, 4), **_usage(message))


def _usage(message: AIMessage) -> dict[str, Any]:
    usage = message.usage_metadata
    if usage is None:
        return {}
    return {"prompt_tokens": usage["input_tokens"], "completion_tokens": usage["output_tokens"]}


def _must_not_decline(message: AIMessage) -> None:
    if refusal := cast("dict[str, Any]", message.additional_kwargs).get("refusal"):
        raise Refused(f"the model declines: {_first_line(refusal)}")


def _retry_after(header: str) -> float | None:
    """Return the seconds of a ``Retry-After`` header, given as such or as a date; ``None`` if it is neither."""
    try:
        seconds = float(header)
    except ValueError:
        date = parsedate_tz(header)
        seconds = mktime_tz(date) - time.time() if date else -1.0
    return seconds if 0 <= seconds < math.inf else None


def _validation(error: ValidationError) -> str:
    """Return the first mistake of a reply, with the field it is in."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]


def _first_line(error: object) -> str:
    """Return the first line of a message, short enough for one line of a terminal or a record."""
    return (str(error).splitlines() or [""])[0][:300]
