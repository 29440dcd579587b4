"""One model behind one method: a :class:`Request` in, a :class:`Reply` out, through LangChain.

Only this module and ``embeddings`` import LangChain, and only these and ``batch_api`` the OpenAI SDK, when the first
question is really asked: those imports cost a second that a rebuild from cached answers need not pay.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

from extractors.llm.replies import Refused, Reply, TemporarilyUnavailable, Usage, first_line
from extractors.llm.requests import Request
from kg.errors import ModelError

if TYPE_CHECKING:
    import openai
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

    from extractors.llm.options import EndpointOptions

__all__ = [
    "ChatClient", "Client", "Closable", "OnHeaders", "alternatives", "connect", "connections", "outcome", "sdk_errors",
]  # fmt: skip

_REFUSED = {401, 403, 404}
_NO_CREDIT = 402
_TOO_MANY = 429
_LATER = {408, 409, 425, _TOO_MANY}
OnHeaders = Callable[[Mapping[str, str]], None]
"""Is shown the headers of every response: they tell the rate limits."""


class Client(Protocol):
    """What can be asked."""

    name: str

    def send(self, request: Request) -> Reply:
        """Return the reply, whatever it says.

        Raises:
            Refused, TemporarilyUnavailable: this request has no reply (now).
            ModelError: no request will be answered; stop.
        """
        ...

    def sdk(self) -> openai.OpenAI:
        """Return the SDK's client to the same endpoint, for what is no chat: files and batches.

        Raises:
            ModelError: the provider is not asked through it.
        """
        ...

    def close(self) -> None:
        """Close what is open."""
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

    def send(self, request: Request) -> Reply:
        """See :class:`Client`."""
        parameters = request.parameters()
        # As a plain field of the body: given by name, the SDK would parse the reply itself, and raise a truncated or
        # malformed one away together with the tokens it cost.
        extra = {"response_format": parameters.pop("response_format", None)}
        with sdk_errors("chat completion"):
            message = self.model.invoke(
                list(request.messages),
                max_tokens=request.max_tokens,
                extra_body={name: value for name, value in extra.items() if value is not None},
                **parameters,
            )
            return _reply(message)

    def sdk(self) -> openai.OpenAI:
        """See :class:`Client`."""
        found = getattr(self.model, "root_client", None)  # of the chat models that are built on OpenAI's
        if not hasattr(found, "batches"):
            raise ModelError(
                "this provider's chat model has no batch interface", remedy="set models.batch.enabled to false"
            )
        return cast("openai.OpenAI", found)


@contextmanager
def sdk_errors(expected: str, section: str = "models") -> Generator[None]:
    """Turn what the SDK raises into what it means.

    ``expected`` names what should have come, ``section`` the settings to check when the endpoint refuses us.

    Raises:
        Refused, TemporarilyUnavailable, ModelError: see :meth:`Client.send`.
    """
    import openai  # noqa: PLC0415 - heavy; see the module docstring

    try:
        yield
    except openai.APIStatusError as error:
        codes = {error.code, error.type}
        wait = error.response.headers.get("retry-after", "")
        raise outcome(error.status_code, first_line(error), codes, wait, section) from error
    except openai.APIConnectionError as error:
        raise TemporarilyUnavailable(first_line(error), lost=True) from error
    except (openai.APIError, AttributeError, LookupError, TypeError, ValueError) as error:
        # A body that is no chat completion (a proxy's page, no choices) trips the SDK in ever other ways.
        raise TemporarilyUnavailable(f"the reply is no {expected}: {first_line(error)}", lost=True) from error


def outcome(
    status: int, line: str, codes: Collection[str | None], retry_after: str = "", section: str = "models"
) -> ModelError | Refused | TemporarilyUnavailable:
    """Return what an error status means: for all questions, for this one, or for now.

    ``line`` is the provider's sentence, ``codes`` the names it gives the error, ``retry_after`` that header, and
    ``section`` holds the settings of the endpoint.
    """
    if status in _REFUSED:
        return ModelError(
            f"the endpoint refuses us: {line}",
            remedy=f"check {section}.api_key, {section}.model and {section}.base_url; 'kg doctor' tests them",
        )
    if status == _NO_CREDIT or "insufficient_quota" in codes:
        return ModelError(f"no quota left: {line}", remedy="add credit, then run again")
    if status >= 500 or status in _LATER:
        return TemporarilyUnavailable(line, _retry_after(retry_after), limited=status == _TOO_MANY)
    return Refused(line)


def connect(
    options: EndpointOptions, name: str, base_url: str | None, on_headers: OnHeaders | None = None
) -> ChatClient:
    """Return a client for the model ``name`` at ``base_url`` (``None``: the provider's own); nothing is sent yet.

    ``on_headers`` sees the headers of every response. A model on this machine is never asked through the proxy that
    the environment may name.
    """
    from langchain.chat_models import init_chat_model  # noqa: PLC0415 - heavy; see the module docstring

    opened = connections(base_url, on_headers)
    key = options.api_key.get_secret_value() if options.api_key else "none"
    model = init_chat_model(  # pyright: ignore[reportUnknownVariableType] - its overloads are not typed through
        name,
        model_provider=options.provider,
        base_url=base_url,
        api_key=key,
        timeout=options.timeout_s,
        max_retries=0,  # one retry layer, and it is the asker's
        use_responses_api=False,
        http_client=opened,
        http_socket_options=(),
    )
    return ChatClient(name, model, opened)


def connections(base_url: str | None, on_headers: OnHeaders | None = None) -> openai.DefaultHttpxClient:
    """Return connections for a client to ``base_url``, to be closed by whoever opened them. See :func:`connect`."""
    import openai  # noqa: PLC0415 - heavy; see the module docstring

    def shown(response: Any) -> None:  # noqa: ANN401 - of whichever HTTP library the SDK uses
        if on_headers is not None:
            on_headers(response.headers)

    return openai.DefaultHttpxClient(trust_env=not _is_here(base_url), event_hooks={"response": [shown]})


def _is_here(base_url: str | None) -> bool:
    host = urlsplit(base_url or "").hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _reply(message: AIMessage) -> Reply:
    """Return what LangChain made of a chat completion as our own record."""
    metadata = cast("dict[str, Any]", message.response_metadata)
    logprobs = cast("dict[str, Any]", metadata.get("logprobs") or {})
    content = cast("list[dict[str, Any]]", logprobs.get("content") or [])
    usage = message.usage_metadata
    return Reply(
        content=message.content if isinstance(message.content, str) else "",
        finish=str(metadata.get("finish_reason") or "stop"),
        refusal=str(cast("dict[str, Any]", message.additional_kwargs).get("refusal") or ""),
        first=alternatives(content[0]) if content else (),
        usage=Usage(usage["input_tokens"], usage["output_tokens"]) if usage else Usage(),
    )


def alternatives(token: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """Return the alternatives of one token with their log-probabilities; those that lack either are left out."""
    out: list[tuple[str, float]] = []
    for each in cast("list[dict[str, Any]]", token.get("top_logprobs") or []):
        word, logprob = each.get("token"), each.get("logprob")
        if isinstance(word, str) and isinstance(logprob, int | float):
            out.append((word, float(logprob)))
    return tuple(out)


def _retry_after(header: str) -> float | None:
    """Return the seconds of a ``Retry-After`` header, given as such or as a date; ``None`` if it is neither."""
    try:
        seconds = float(header)
    except ValueError:
        date = parsedate_tz(header)
        seconds = mktime_tz(date) - time.time() if date else -1.0
    return seconds if 0 <= seconds < math.inf else None
