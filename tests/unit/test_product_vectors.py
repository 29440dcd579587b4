"""Titles as vectors."""

from __future__ import annotations

import numpy as np
import pytest

from linkers.embeddings import load_embedder
from linkers.products import vectors
from linkers.products.vectors import DIMENSIONS, WordAverage, as_bytes

TITLES = [("hot", "salsa"), ("red", "kettle", "3000"), ("salsa",), ("緑茶",)]


def encoder() -> WordAverage:
    """Return an encoder that has seen no word."""
    return WordAverage(load_embedder())


def test_vectors_have_unit_length() -> None:
    """A title of known words has a vector of length 1, of the number of dimensions promised."""
    found = encoder().encode(TITLES)
    assert found.shape == (len(TITLES), DIMENSIONS)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-6)


def test_nothing_known_is_zero() -> None:
    """A title without words, or of words without pieces, has a vector of zeros."""
    assert not encoder().encode([(), ("",)]).any()


def test_no_titles_no_vectors() -> None:
    """Without titles there are no rows."""
    assert encoder().encode([]).shape == (0, DIMENSIONS)


def test_a_batch_has_the_bits_of_single_titles() -> None:
    """A title has the same vector alone, among others, and after others, to the bit."""
    used = encoder()
    together = used.encode(TITLES)
    assert all(np.array_equal(encoder().encode([title])[0], row) for title, row in zip(TITLES, together, strict=True))
    assert np.array_equal(used.encode(TITLES[::-1]), together[::-1])


def test_a_full_memory_of_words_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoder that has to forget its words gives the same vectors."""
    expected = encoder().encode(TITLES)
    monkeypatch.setattr(vectors, "_KEPT", 1)
    forgetful = encoder()
    assert all(np.array_equal(forgetful.encode([title])[0], row) for title, row in zip(TITLES, expected, strict=True))


def test_more_words_than_the_table_begins_with() -> None:
    """A thousand new words at once are embedded as each alone."""
    words = [f"word{at}" for at in range(2_100)]
    together = encoder().encode([(word,) for word in words])
    assert np.array_equal(together[[0, 1_500, 2_099]], encoder().encode([(words[at],) for at in (0, 1_500, 2_099)]))


def test_numbers_count_less() -> None:
    """A title is nearer to its word than to its number."""
    both, word, number = encoder().encode([("kettle", "3000"), ("kettle",), ("3000",)])
    assert both @ word > both @ number


def test_nearer_things_are_nearer() -> None:
    """Two kettles are nearer to each other than to salsa."""
    kettle, other, salsa = encoder().encode([("electric", "kettle"), ("tea", "kettle"), ("hot", "salsa")])
    assert kettle @ other > kettle @ salsa


def test_the_version_names_the_table_and_the_dimensions() -> None:
    """Another table or number of dimensions is another version."""
    assert load_embedder().version in encoder().version
    assert WordAverage(load_embedder(), 32).version != encoder().version


def test_whole_numbers_keep_the_direction() -> None:
    """Unit vectors as whole numbers are within -127..127 and nearly of the length 127."""
    found = as_bytes(encoder().encode(TITLES))
    assert found.dtype == np.int8
    assert found.min() >= -127
    assert np.linalg.norm(found.astype(float), axis=1) / 127 == pytest.approx(1, abs=0.02)
