"""Embeddings through any OpenAI-compatible endpoint: text -> unit vector, each text paid for once.

What came is kept in a file before it is used. LangChain and the OpenAI SDK are imported when a text is really asked
for. The one layer of retries is ours.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from extractors.llm.backoff import next_try_s
from extractors.llm.client import connections, sdk_errors
from extractors.llm.embedding_options import EncoderOptions
from extractors.llm.limiter import Limiter, Permit
from extractors.llm.limits_options import LimitOptions
from extractors.llm.replies import Refused, TemporarilyUnavailable, Usage
from extractors.llm.vectors import VectorFile
from kg.errors import ModelError, ModelUnavailable

if TYPE_CHECKING:
    from langchain_openai import OpenAIEmbeddings

__all__ = ["EndpointEmbedder"]

Vectors = NDArray[np.float32]
_LONGEST = 1_000  # characters of a text: what stands behind names nothing, and models refuse what is too long
_KEPT_BYTES = 1 << 26
_PROBE = "product"  # asked for, once, where the length of a vector is needed and none is known yet
_SECTION = "linking.encoder"
_LIMITS = LimitOptions()
_STORED = np.dtype("<f2")  # half the room; what is lost is less than what two servers of one model differ by
log = logging.getLogger(__name__)


class EndpointEmbedder:
    """Asks an endpoint for the vectors it does not know yet. Thread-safe; pickled, it is its settings.

    Two processes that ask for one text at the very same moment both pay for it; the vector kept first serves both.

    Args:
        options: the endpoint; ``base_url`` and ``model`` are set.
        kept: the file of vectors; ``None``: they are forgotten.
    """

    def __init__(self, options: EncoderOptions, kept: Path | None = None) -> None:
        self._options, self._kept = options, kept
        self._model = options.model or ""
        self._file = VectorFile(kept, self._model, options.dimensions) if kept else None
        self._known: dict[str, Vectors] = {}
        self._width = options.dimensions
        self._lock = threading.Lock()
        self._wire: _Wire | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return EndpointEmbedder, (self._options, self._kept)

    @property
    def version(self) -> str:
        """Names the model and the length of its vectors, as asked for; not where it is."""
        return f"endpoint:{self._model}/{self._options.dimensions or 'all'}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row for each text, of length 1, or of zeros for a text without characters.

        Raises:
            ModelError: the endpoint refuses us, or gives vectors of another length than it should.
            ModelUnavailable: it does not answer, after as many tries as are allowed.
            ArtefactError: the file of vectors cannot be used.
        """
        plain = [_plain(text) for text in texts]
        with self._lock:
            found = self._rows(list(dict.fromkeys(text for text in plain if text)))
            if texts and self._width is None:
                self._rows([_PROBE])
            out = np.zeros((len(texts), self._width or 0), dtype=np.float32)
        for row, text in enumerate(plain):
            if text:
                out[row] = found[text]
        return out

    def _rows(self, texts: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors of different texts: from memory, from the file, or from the endpoint."""
        found = {text: self._known[text] for text in texts if text in self._known}
        missing = [text for text in texts if text not in found]
        if missing and self._file:
            found |= self._learned(self._file.get(missing))
            missing = [text for text in missing if text not in found]
        if missing:
            for vectors in self._asked(missing):
                found |= self._learned(vectors)
        return found

    def _learned(self, vectors: Mapping[str, bytes]) -> dict[str, Vectors]:
        """Return vectors as unit rows, and remember them."""
        rows = {text: _unit(np.frombuffer(vector, dtype=_STORED)) for text, vector in vectors.items()}
        for row in rows.values():
            self._check_width(len(row))
        if len(self._known) * (self._width or 0) * 4 > _KEPT_BYTES:
            self._known.clear()
        self._known |= rows
        return rows

    def _asked(self, texts: Sequence[str]) -> Iterator[Mapping[str, bytes]]:
        """Yield what the endpoint says, a request at a time; what came is kept, also when another request fails."""
        size = self._options.batch
        batches = [texts[start : start + size] for start in range(0, len(texts), size)]
        if self._wire is None:
            self._wire = _Wire.open(self._options)
            weakref.finalize(self, self._wire.close)
        wire, stop = self._wire, threading.Event()
        threads = ThreadPoolExecutor(min(len(batches), self._options.max_concurrency), thread_name_prefix="embed")
        try:
            for each in [threads.submit(self._settled, wire, batch, stop) for batch in batches]:
                yield each.result()
        finally:
            stop.set()
            threads.shutdown(wait=True, cancel_futures=True)

    def _settled(self, wire: _Wire, texts: Sequence[str], stop: threading.Event) -> Mapping[str, bytes]:
        """Ask for one batch, and keep what came."""
        rows = wire.ask(texts, stop)
        self._check_width(rows.shape[1])
        vectors = {text: row.astype(_STORED).tobytes() for text, row in zip(texts, rows, strict=True)}
        return self._file.put(vectors) if self._file else vectors

    def _check_width(self, width: int) -> None:
        if self._width is None:
            self._width = width
        if self._width == width:
            return
        reason = f"the model {self._model} gives {width} numbers a text, not {self._width}"
        if self._options.dimensions:
            raise ModelError(reason, remedy=f"set {_SECTION}.dimensions to {width}, or to null")
        raise ModelError(reason, remedy=f"is it another model than before? Then move {self._kept} away")


@dataclass(frozen=True, slots=True)
class _Wire:
    """An open endpoint: what is asked, and how fast."""

    model: OpenAIEmbeddings
    limiter: Limiter
    options: EncoderOptions
    connections: Any

    @classmethod
    def open(cls, options: EncoderOptions) -> _Wire:
        """Connect; nothing is sent yet."""
        from langchain_openai import OpenAIEmbeddings  # noqa: PLC0415 - heavy; see the module docstring

        limiter = Limiter(_LIMITS, options.max_concurrency)
        opened = connections(options.base_url, limiter.observe)
        model = OpenAIEmbeddings(
            model=options.model or "",
            base_url=options.base_url,
            api_key=options.api_key or "none",  # pyright: ignore[reportArgumentType] - it takes text as well
            dimensions=options.dimensions,
            chunk_size=options.batch,
            timeout=options.timeout_s,
            max_retries=0,
            check_embedding_ctx_length=False,  # it would send tokens of OpenAI's, which other models do not know
            http_client=opened,
        )
        return cls(model, limiter, options, opened)

    def close(self) -> None:
        """Close the connections."""
        self.connections.close()

    def ask(self, texts: Sequence[str], stop: threading.Event) -> Vectors:
        """Return the vectors of texts, shape (texts, numbers), after as many tries as it takes and is allowed.

        Raises:
            ModelError: no request will be answered, or not this one.
            ModelUnavailable: no tries or no time are left, or ``stop`` was set.
        """
        began = time.monotonic()
        failures = tries = 0
        while True:
            permit = self.limiter.acquire(_tokens(texts), stop)
            if permit is None:
                raise ModelUnavailable("the run is stopping")
            tries += 1
            try:
                return self._sent(texts, permit)
            except TemporarilyUnavailable as error:
                failures += not error.limited  # waiting for one's turn is no failed try
                wait = next_try_s(_LIMITS, tries, time.monotonic() - began, error.retry_after_s)
                if failures >= self.options.max_tries or wait is None:
                    reason = f"the endpoint for embeddings does not answer: {self._clean(error)}"
                    remedy = f"is a server running at {_SECTION}.base_url?"
                    raise ModelUnavailable(reason, remedy=remedy) from None
                log.info("%s; next try in %.1f s", self._clean(error), wait)
                stop.wait(wait)
            except Refused as error:
                reason = f"the endpoint for embeddings refuses texts: {self._clean(error)}"
                raise ModelError(reason, remedy=f"check {_SECTION}") from None
            except ModelError as error:
                raise ModelError(self._clean(error.reason), remedy=error.remedy) from None

    def _sent(self, texts: Sequence[str], permit: Permit) -> Vectors:
        """Send once; settle the permit whatever comes."""
        try:
            with sdk_errors("list of embeddings", _SECTION):
                rows = _matrix(self.model.embed_documents(list(texts)), len(texts))
        except TemporarilyUnavailable as error:
            (permit.limited if error.limited else permit.failed)(error.retry_after_s)
            raise
        except BaseException:
            permit.done(Usage())
            raise
        permit.done(Usage())
        return _unit(rows)

    def _clean(self, error: object) -> str:
        """Return a message without the key: there are servers that say it back."""
        key = self.options.api_key.get_secret_value() if self.options.api_key else ""
        return str(error).replace(key, "**********") if key else str(error)


def _plain(text: str) -> str:
    """Return a text as it is sent: without spaces around, not too long, and UTF-8."""
    return text.strip()[:_LONGEST].encode("utf-8", "replace").decode("utf-8")


def _matrix(rows: object, count: int) -> Vectors:
    """Return what came as rows of numbers.

    Raises:
        ValueError, TypeError: it is something else, or of another number than ``count``.
    """
    out = np.array(rows, dtype=np.float32)
    if out.ndim != 2 or len(out) != count or not np.isfinite(out).all():
        raise ValueError(f"{len(out)} vectors for {count} texts, or numbers that are none")
    return out


def _unit(rows: NDArray[Any]) -> Vectors:
    """Return rows, or one, of length 1; zeros stay."""
    numbers = rows.astype(np.float32)
    norms = np.linalg.norm(numbers, axis=-1, keepdims=True)
    return np.divide(numbers, norms, out=np.zeros_like(numbers), where=norms > 0)


def _tokens(texts: Sequence[str]) -> int:
    """Return about how many tokens texts are."""
    return sum(len(text.encode()) // 4 + 1 for text in texts)
