"""Embeddings through an endpoint: unit vectors in order, each text paid for once, every fault one line."""

from __future__ import annotations

import logging
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from extractors.llm.embedding_options import EncoderOptions
from extractors.llm.embeddings import EndpointEmbedder
from kg.errors import ArtefactError, ModelError, ModelUnavailable
from tests.servers.provider import Asked, Provider, Reply, fault
from tests.servers.provider_embeddings import embed, vector

KEY = "sk-a-secret-of-ours"
WORDS = [f"word {at}" for at in range(10)]


def options(provider: Provider, **settings: Any) -> EncoderOptions:
    """Return settings for the stand-in."""
    known = {"base_url": provider.base_url, "model": "embed-small", "api_key": KEY, **settings}
    return EncoderOptions.model_validate(known)


def embedder(provider: Provider, kept: Path | None = None, **settings: Any) -> EndpointEmbedder:
    """Return an embedder at the stand-in."""
    return EndpointEmbedder(options(provider, **settings), kept)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where vectors are kept."""
    return tmp_path / "new" / "embeddings.sqlite"


def texts_of(asked: Asked) -> list[str]:
    """Return the texts of a request."""
    return list(asked.body["input"])


def with_vectors(make: Callable[[list[str]], list[list[float]]]) -> Callable[[Asked], Reply]:
    """Return what replies with vectors of our own."""
    return lambda asked: Reply(raw=_body(make(texts_of(asked))))


def _body(vectors: list[list[float]]) -> str:
    rows = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(vectors)]
    body = {"object": "list", "data": rows, "model": "x", "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    return str(body).replace("'", '"')


@pytest.mark.parametrize("file", [True, False])
def test_vectors_are_unit_and_in_the_order_of_the_texts(provider: Provider, kept: Path, file: bool) -> None:
    """Whatever the batches and threads, a row is its text's; equal texts have equal rows, kept or not."""
    texts = [*WORDS, WORDS[0]]
    found = embedder(provider, kept if file else None, batch=3).encode(texts)
    assert (found.dtype, found.shape) == (np.float32, (11, 256))
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert np.allclose(found, np.array([vector(text) for text in texts]), atol=1e-3)
    assert np.array_equal(found[0], found[-1])


def test_vectors_that_are_not_unit_are_made_so(provider: Provider) -> None:
    """Many servers send raw vectors; one of zeros stays."""
    provider.reply(with_vectors(lambda texts: [[0.0, 0.0] if text == "nothing" else [3.0, 4.0] for text in texts]))
    assert np.allclose(embedder(provider).encode(["salsa", "nothing"]), [[0.6, 0.8], [0.0, 0.0]], atol=1e-3)


def test_a_text_is_asked_for_once(provider: Provider) -> None:
    """Equal texts share a place in a request, and later calls ask nothing, also without a file."""
    used = embedder(provider)
    used.encode(["salsa", "salsa", " salsa "])
    used.encode(["salsa"])
    assert provider.ledger.requests == 1
    assert provider.ledger.entries[0].prompt_tokens == 1


def test_a_rerun_asks_nothing_and_gives_the_same_bits(provider: Provider, kept: Path) -> None:
    """What was paid for is kept beside the answers, and serves every later process."""
    first = embedder(provider, kept).encode(WORDS)
    asked = provider.ledger.requests
    again = embedder(provider, kept).encode(WORDS[::-1])[::-1]
    assert np.array_equal(first, again)
    assert provider.ledger.requests == asked


@pytest.mark.parametrize("other", [{"model": "embed-large"}, {"dimensions": 64}])
def test_another_model_or_length_has_vectors_of_its_own(provider: Provider, kept: Path, other: dict[str, Any]) -> None:
    """They may share the file, never a vector; and their versions differ."""
    one, another = embedder(provider, kept), embedder(provider, kept, **other)
    one.encode(["salsa"])
    another.encode(["salsa"])
    assert provider.ledger.requests == 2
    assert one.version != another.version


def test_where_the_model_is_does_not_matter(provider: Provider, kept: Path) -> None:
    """A gateway that moves, or another key, costs nothing."""
    one = embedder(provider, kept)
    other = embedder(provider, kept, base_url="http://127.0.0.1:9/v1", api_key="another")
    one.encode(["salsa"])
    assert np.array_equal(other.encode(["salsa"]), one.encode(["salsa"]))
    assert one.version == other.version


def test_empty_texts_are_zeros_of_the_right_length(provider: Provider, kept: Path) -> None:
    """Nothing is sent for them; where no vector is known yet, one word tells the length, once."""
    assert not embedder(provider, kept).encode(["", "  "]).any()
    assert embedder(provider, kept).encode([""]).shape == (1, 256)
    assert provider.ledger.requests == 1
    assert embedder(provider, None, dimensions=64).encode([""]).shape == (1, 64)
    assert embedder(provider, None).encode([]).shape == (0, 0)
    assert provider.ledger.requests == 1


def test_what_no_model_takes_is_made_sendable(provider: Provider) -> None:
    """Broken text and pages of text are cut to what names something."""
    seen: list[str] = []
    provider.reply(lambda asked: seen.extend(texts_of(asked)) or embed(asked))
    embedder(provider).encode(["half a \ud83d character", "x" * 5_000])
    assert seen == ["half a ? character", "x" * 1_000]


def test_dimensions_are_asked_for_and_checked(provider: Provider, kept: Path) -> None:
    """A model that cannot shorten is an error that says what to set; nothing of it is kept."""
    assert embedder(provider, dimensions=64).encode(["salsa"]).shape == (1, 64)
    provider.reply(with_vectors(lambda texts: [[1.0] * 16 for _ in texts]))
    with pytest.raises(ModelError, match=r"gives 16 numbers a text, not 64; set linking\.encoder\.dimensions to 16"):
        embedder(provider, kept, dimensions=64).encode(["salsa"])
    provider.rules.clear()
    assert embedder(provider, kept, dimensions=64).encode(["salsa"]).shape == (1, 64)


def test_another_model_under_the_same_name_is_noticed(provider: Provider, kept: Path) -> None:
    """Vectors of two lengths are never mixed."""
    embedder(provider, kept).encode(["salsa"])
    provider.reply(with_vectors(lambda texts: [[1.0] * 16 for _ in texts]))
    with pytest.raises(ModelError, match="gives 16 numbers a text, not 256; is it another model than before"):
        embedder(provider, kept).encode(["salsa", "chips"])


def test_a_wrong_key_is_one_line_without_the_key(provider: Provider, kept: Path) -> None:
    """The line says which settings to check; a server that says the key back does not get it into the line."""
    provider.reply(Reply(status=401, raw=f'{{"error": {{"message": "Incorrect API key: {KEY}", "code": "no"}}}}'))
    with pytest.raises(ModelError) as caught:
        embedder(provider, kept).encode(["salsa"])
    said = str(caught.value)
    assert "linking.encoder.api_key" in said
    assert "\n" not in said
    assert "**********" in said
    assert KEY not in said + repr(caught.value.__cause__)
    assert not isinstance(caught.value, ModelUnavailable)
    assert provider.ledger.requests == 1


@pytest.mark.parametrize("name", ["rate limit", "rate limit, wait", "overloaded", "server error", "bad gateway"])
def test_what_passes_is_tried_again(provider: Provider, name: str, caplog: pytest.LogCaptureFixture) -> None:
    """A rate limit or a fault of the server is waited out, by us alone."""
    logging.getLogger("extractors").propagate = True
    provider.fail(name, times=1)
    with caplog.at_level(logging.INFO, "extractors.llm.embeddings"):
        assert embedder(provider).encode(["salsa"]).any()
    assert provider.ledger.requests == 2
    assert "next try in" in caplog.text


def test_the_tries_are_counted(provider: Provider) -> None:
    """After as many failures as allowed the error says what the server said."""
    provider.fail("server error")
    with pytest.raises(ModelUnavailable, match=r"does not answer: .*The server had an error; is a server running"):
        embedder(provider, max_tries=2).encode(["salsa"])
    assert provider.ledger.requests == 2


def test_no_server_is_one_line(provider: Provider) -> None:
    """Where nothing listens, the error names the setting."""
    with pytest.raises(ModelUnavailable, match=r"Connection error.*linking\.encoder\.base_url"):
        embedder(provider, base_url="http://127.0.0.1:9/v1", max_tries=1).encode(["salsa"])


@pytest.mark.parametrize(
    "vectors", [[], [[1.0, 2.0], [1.0, 2.0]], [[1.0, 2.0], [1.0]]], ids=["none", "too many", "ragged"]
)
def test_a_reply_that_is_no_list_of_vectors_is_not_kept(
    provider: Provider, kept: Path, vectors: list[list[float]]
) -> None:
    """Too few, too many or ragged: it is asked again, and then an error."""
    provider.reply(with_vectors(lambda _: vectors))
    with pytest.raises(ModelUnavailable, match="the reply is no list of embeddings"):
        embedder(provider, kept, max_tries=1).encode(["salsa"])
    provider.rules.clear()
    assert embedder(provider, kept).encode(["salsa"]).shape == (1, 256)


def test_a_text_that_is_refused_is_an_error(provider: Provider) -> None:
    """What the endpoint does not take is not tried again."""
    provider.fail("too long")
    with pytest.raises(ModelError, match=r"refuses texts: .*maximum context length"):
        embedder(provider).encode(["salsa"])
    assert provider.ledger.requests == 1


def test_what_came_before_a_failure_is_kept(provider: Provider, kept: Path) -> None:
    """One request that fails costs nothing of the others: the next run asks for the rest alone."""
    provider.reply(fault("too long"), when="word 9")
    with pytest.raises(ModelError, match="refuses"):
        embedder(provider, kept, batch=1, max_concurrency=1).encode(WORDS)
    provider.rules.clear()
    before = len(provider.ledger.billed)
    embedder(provider, kept, batch=1).encode(WORDS)
    assert (before, len(provider.ledger.billed)) == (9, 10)


def _encoded(used: EndpointEmbedder, texts: list[str]) -> bytes:
    return used.encode(texts).tobytes()


def test_several_processes_share_the_file(provider: Provider, kept: Path) -> None:
    """Processes that begin together get the same bits, and leave a file that serves the next one alone."""
    used = embedder(provider, kept)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = [each.result() for each in [pool.submit(_encoded, used, WORDS) for _ in range(2)]]
    assert len(set(found)) == 1
    asked = provider.ledger.requests
    assert embedder(provider, kept).encode(WORDS).tobytes() == found[0]
    assert provider.ledger.requests == asked


def test_pickled_it_is_its_settings(provider: Provider, kept: Path) -> None:
    """One that is connected, and knows vectors, travels as one that does not."""
    used = embedder(provider, kept)
    used.encode(WORDS)
    other = pickle.loads(pickle.dumps(used))
    assert other.version == used.version
    assert np.array_equal(other.encode(WORDS), used.encode(WORDS))


@pytest.mark.parametrize("content", [b"not a database at all, " * 50, None])
def test_a_file_that_is_no_file_of_vectors_is_one_line(provider: Provider, kept: Path, content: bytes | None) -> None:
    """A damaged file, or one of a newer version, is named with what to do; nothing is asked for."""
    kept.parent.mkdir()
    if content is None:
        with sqlite3.connect(kept) as db:
            db.execute("PRAGMA user_version = 99")
        db.close()
    else:
        kept.write_bytes(content)
    with pytest.raises(ArtefactError, match=r"embeddings\.sqlite (is not a usable|was made by a newer)"):
        embedder(provider, kept).encode(["salsa"])
    assert provider.ledger.requests == 0


def test_memory_is_bounded(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedder that has to forget vectors gives the same ones."""
    expected = embedder(provider).encode(WORDS)
    monkeypatch.setattr("extractors.llm.embeddings._KEPT_BYTES", 0)
    used = embedder(provider)
    assert np.array_equal(np.concatenate([used.encode([word]) for word in WORDS]), expected)
    assert np.array_equal(used.encode(WORDS), expected)


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"base_url": "http://x/v1"}, "required with base_url"), ({"model": "m"}, "of no use without base_url")],
)
def test_endpoint_and_model_go_together(settings: dict[str, str], said: str) -> None:
    """Half of an endpoint is a mistake, not the static embeddings."""
    with pytest.raises(ValidationError, match=said):
        EncoderOptions.model_validate(settings)


def test_langchain_is_imported_only_to_ask(kept: Path) -> None:
    """Vectors that are kept cost no import of LangChain or the SDK."""
    code = (
        "import sys; from pathlib import Path; from extractors.llm.embedding_options import EncoderOptions\n"
        "from extractors.llm.embeddings import EndpointEmbedder\n"
        "used = EndpointEmbedder(EncoderOptions(base_url='http://x/v1', model='m'), Path(sys.argv[1]))\n"
        "used.version, used.encode([])\n"
        "print([name for name in ('openai', 'langchain_openai') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, kept], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
