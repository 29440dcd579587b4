"""What holds for the reading of any text, and for the rows and chunks that readings are kept and handed over in."""

from __future__ import annotations

import pickle

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kg.text import clean, normalise
from linkers.embeddings import row_sums
from linkers.products.amounts import amounts_of, compare_amounts
from linkers.products.analyse import BARE, OF_AMOUNT, PART, Analyser, Text
from linkers.products.index import Item, _Chunk  # pyright: ignore[reportPrivateUsage]
from linkers.products.rows import Rows, rows_of
from linkers.products.terms import CODE, CORE, STEM, WORD, low_bits, term

_PIECES = [
    " - ", " -", "- ", ", ", ",", ".", ":", ";", "|", "(", ")", "[", "]", "-", " ", "'", "&", "_", "1", "2", "a",
    "Sony", "ex55", "NN-SD377S", "16 oz", "1.89 L", "24'", '24"', "6 x 330 ml", "pack of 6", "\u0301", "\u0338",
    "\u0345", "\u200b", "\x07", "\ud800", "\u03a3", "\uff1a", "緑茶", "नमस्ते", "½",
]  # fmt: skip
_TITLES = st.text(max_size=40) | st.lists(st.sampled_from(_PIECES), max_size=14).map("".join)
_ANY_TEXT = st.text(max_size=8) | st.text(st.characters(), max_size=4)
_PRICES = st.floats(allow_nan=False)
_ITEMS = st.builds(Item, _ANY_TEXT, st.builds(Text, _ANY_TEXT, _ANY_TEXT, _ANY_TEXT, _PRICES), _ANY_TEXT, st.integers())
_MANY_ROWS = st.lists(st.lists(st.integers(0, 9), max_size=3), min_size=1, max_size=60)


def read(title: str) -> tuple[str, list[str]]:
    """Return the key and the parts of a title."""
    reading = Analyser().read(Text(title))
    return reading.key, reading.parts.split(PART)


@settings(max_examples=400, deadline=None)
@given(_TITLES)
@example("a -\u0301b")
@example("1,(.5")
@example("a, b, c, d, e, f, g, h - i, 1.5")
def test_a_key_is_the_normalised_title(title: str) -> None:
    """The parts of a title one after the other are the title, normalised: dividing it neither adds nor loses."""
    assert read(title)[0] == normalise(clean(title))


@settings(max_examples=200, deadline=None)
@given(_TITLES)
def test_parts_hold_the_words_of_the_key(title: str) -> None:
    """The parts of a title hold its words, each as often as the title, sorted within a part; there are up to eight."""
    key, parts = read(title)
    assert sorted(word for part in parts for word in part.split()) == sorted(key.split())
    assert all(part.split() == sorted(part.split()) for part in parts)
    assert len(parts) <= 8
    assert all(parts) or (parts, key) == ([""], "")


@settings(max_examples=200, deadline=None)
@given(_TITLES)
def test_columns_of_a_reading_stand_beside_each_other(title: str) -> None:
    """Words, stems and numbers are as many as names, codes as many as their names, and none stands twice."""
    reading = Analyser().read(Text(title))
    assert len(reading.names) == len(set(reading.words)) == len(reading.stems) == len(reading.numbers)
    assert reading.words == tuple(term(WORD, name) for name in reading.names)
    named = list(zip(reading.codes, reading.code_names, strict=True))
    assert all(code == term(CODE, name) for code, name in named if name)
    assert len(set(reading.codes)) == len(named)
    assert set(reading.numbers) <= {0, BARE, OF_AMOUNT}
    assert all(
        name.replace(".", "").replace(",", "").isdigit() or not kind
        for name, kind in zip(reading.names, reading.numbers, strict=True)
    )


@settings(deadline=None)
@given(st.sampled_from([WORD, STEM, CODE, CORE]), st.text() | st.text(st.characters()))
def test_low_bits_are_those_of_the_term(kind: str, text: str) -> None:
    """The low bits of a term can be had without the rest of it."""
    assert low_bits(kind, text) == term(kind, text) & 0xFFFFFFFF


@settings(deadline=None)
@given(_TITLES, _TITLES)
def test_amounts_compare_either_way(one: str, other: str) -> None:
    """Two titles agree and differ the same whichever comes first; a title never differs from itself."""
    rows = rows_of([amounts_of(clean(title))[0] for title in (one, other)], np.int32)
    ours, theirs = np.array([0, 1, 0, 1]), np.array([1, 0, 0, 1])
    agree, clash = compare_amounts(rows, ours, rows, theirs)
    assert (agree[0], clash[0]) == (agree[1], clash[1])
    assert agree[2:].tolist() == (rows.counts > 0).tolist()
    assert not clash[2:].any()
    assert (clash[:2] <= (agree[:2] < 1)).all()


@settings(max_examples=100, deadline=None)
@given(_MANY_ROWS, st.data())
def test_long_runs_are_taken_as_row_by_row(rows: list[list[int]], data: st.DataObject) -> None:
    """Stretches of rows, overlapping, repeated, empty or in any order, are taken as they are one by one."""
    bounds = st.tuples(st.integers(0, len(rows)), st.integers(0, len(rows))).map(sorted)
    stretches = data.draw(st.lists(bounds, max_size=4))
    chosen = np.array([at for first, last in stretches for at in range(first, last)], dtype=np.int64)
    taken = rows_of(rows, np.int32).take(chosen)
    assert _lists(taken) == [rows[at] for at in chosen.tolist()]
    assert taken.values.dtype == np.int32


def test_a_stretch_of_all_rows_is_a_copy() -> None:
    """Rows taken whole share no memory with those they come from."""
    rows = rows_of([[at] for at in range(20)])
    assert not np.shares_memory(rows.take(np.arange(20)).values, rows.values)


@settings(max_examples=100, deadline=None)
@given(st.lists(_ITEMS, min_size=1, max_size=5))
def test_a_chunk_is_the_same_in_another_process(items: list[Item]) -> None:
    """Products that were handed over are equal to those that were not, of the same types, in the same order."""
    received = pickle.loads(pickle.dumps(_Chunk(items)))
    assert received == items
    assert {type(item) for item in received} == {Item}
    assert {type(item.text) for item in received} == {Text}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 19), max_size=40), min_size=1, max_size=8), st.integers(0, 99))
def test_a_sum_of_rows_does_not_depend_on_the_others(runs: list[list[int]], seed: int) -> None:
    """Each sum has the bits it has alone, whatever is summed beside it."""
    random = np.random.default_rng(seed)
    table = (random.normal(size=(20, 3)) * 10.0 ** random.integers(-8, 8, (20, 3))).astype(np.float32)
    counts = np.array([len(run) for run in runs], dtype=np.int64)
    together = row_sums(np.array([value for run in runs for value in run], dtype=np.int64), counts, table)
    alone = [row_sums(np.array(run, dtype=np.int64), np.array([len(run)]), table)[0] for run in runs]
    assert np.array_equal(together, alone)


def _lists(rows: Rows) -> list[list[int]]:
    """Return rows as lists."""
    return [rows.values[start:end].tolist() for start, end in zip(rows.starts[:-1], rows.starts[1:], strict=True)]
