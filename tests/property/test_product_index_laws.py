"""What holds for the index of any catalogue, and for the comparison of any texts with it."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkers.products import index as indexes
from linkers.products.analyse import Analyser, Text
from linkers.products.candidates import Search, read_batch
from linkers.products.columns import Columns, merged, places_of, woven
from linkers.products.contrasts import load_contrasts
from linkers.products.features import FEATURES, features
from linkers.products.index import Item, ProductIndex, build_index, read_items, update_index
from linkers.products.linker import ProductLinker
from linkers.products.model import SIGNALS, rank
from linkers.products.postings import FIELDS, build_postings
from linkers.products.registry import PRODUCT_LINKERS, build_product_linker
from linkers.products.rows import Rows, gather, rows_of, stacked
from tests.parts.product_shop import SHOP, contents

ROOT = Path(__file__).parents[2]
WORDS = [
    "red",
    "blue",
    "kettle",
    "jug",
    "salsa",
    "nn-sd377s",
    "ex55/whi",
    "16oz",
    "64 oz",
    "1.89 l",
    "(black)",
    "- new",
    "v17",
    "mac",
    "windows",
    "the",
    "緑茶",
]
PHRASES = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
ANY_TEXT = st.one_of(PHRASES, st.text(max_size=30), st.text(st.characters(), max_size=12))
PRICES = st.sampled_from([0.0, 3.5, 20.0])
TEXTS = st.builds(Text, PHRASES, st.sampled_from(["", "casa", "emsa"]), PHRASES, PRICES)
ANY_TEXTS = st.builds(Text, ANY_TEXT, ANY_TEXT, ANY_TEXT, st.floats())
TYPES = st.sampled_from(["", "Kettles", "Salsa"])
IDS = st.one_of(st.sampled_from(["1", "01", "nan", " a", "é"]), st.text(max_size=4))
ITEMS = st.lists(st.builds(Item, IDS, TEXTS, TYPES, st.just(0)), max_size=7, unique_by=lambda item: item.id)
ANY_ITEMS = st.lists(st.builds(Item, IDS, ANY_TEXTS, ANY_TEXT, st.just(0)), max_size=5, unique_by=lambda item: item.id)
ROWS = st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=6)
LONG = st.lists(st.lists(st.integers(0, 9), max_size=2), min_size=20, max_size=40)
SHORT = st.text("abé緑\ud800\uffff🍫", max_size=3)
MASKS = st.integers(0, 2**64 - 1)

PROGRAM = """
import json, sys
from pathlib import Path
from linkers.products.index import build_index
from linkers.products.postings import FIELDS, build_postings
from linkers.products.registry import build_product_linker
from tests.parts.product_shop import SHOP
index = build_index(Path(sys.argv[1]), SHOP)
links = build_product_linker("hybrid", {}, index).link_all(["casa salsa", "sony white headphones", "mac video upgrade"])
print(json.dumps([(link.target_id, link.confidence, link.margin, link.reason) for link in links]))
"""


@contextmanager
def folder() -> Generator[Path]:
    """Yield a new folder: one an example, which a fixture cannot give."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> ProductIndex:
    """Return the index of a small shop."""
    return build_index(tmp_path_factory.mktemp("products") / "index", SHOP)


@pytest.fixture(scope="module")
def linkers(shop: ProductIndex) -> list[ProductLinker]:
    """Return every registered linker over the small shop."""
    return [build_product_linker(name, {}, shop) for name in sorted(PRODUCT_LINKERS)]


@settings(max_examples=8, deadline=None)
@given(ITEMS, st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(items: list[Item], shuffler: random.Random) -> None:
    """The same products in another order make the same files."""
    shuffled = list(items)
    shuffler.shuffle(shuffled)
    with folder() as place:
        build_index(place / "one", items)
        build_index(place / "other", shuffled)
        assert contents(place / "one") == contents(place / "other")


@settings(max_examples=8, deadline=None)
@given(ITEMS, st.integers(1, 4))
def test_the_number_of_chunks_does_not_matter(items: list[Item], size: int) -> None:
    """Products read in small parts make the same files as those read at once."""
    with folder() as place, pytest.MonkeyPatch.context() as patch:
        build_index(place / "one", items)
        patch.setattr(indexes, "_CHUNK", size)
        build_index(place / "other", items)
        assert contents(place / "one") == contents(place / "other")


def test_the_number_of_processes_does_not_matter(shop: ProductIndex, tmp_path: Path) -> None:
    """Products read by two processes make the same files as those read by one."""
    with (
        pytest.MonkeyPatch.context() as patch,
        ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        patch.setattr(indexes, "_CHUNK", 4)
        build_index(tmp_path / "index", SHOP, map_=pool.map)
    assert contents(tmp_path / "index") == contents(shop.folder)


def test_the_hash_seed_does_not_matter(shop: ProductIndex, tmp_path: Path) -> None:
    """Processes that order their sets otherwise make the same files and give the same answers."""
    started = {
        seed: subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path / seed)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
        )
        for seed in ("1", "2")
    }
    written = [process.communicate(timeout=120)[0] for process in started.values()]
    answers = [json.loads(each) for each in written]
    assert answers[0] == answers[1]
    assert contents(tmp_path / "1") == contents(tmp_path / "2") == contents(shop.folder)


@settings(max_examples=14, deadline=None)
@given(ITEMS, ITEMS, st.randoms(use_true_random=False))
def test_an_update_equals_a_new_index(before: list[Item], added: list[Item], shuffler: random.Random) -> None:
    """An index brought up to date, whatever was added, changed and removed, has the files of one made anew."""
    kept = [item for item in before if shuffler.random() < 0.7]
    after = list({item.id: item for item in [*kept, *added]}.values())
    shuffler.shuffle(after)
    with folder() as place:
        build_index(place / "old", before)
        update_index(place / "updated", place / "old", after)
        build_index(place / "anew", after)
        assert contents(place / "updated") == contents(place / "anew")


@settings(max_examples=6, deadline=None)
@given(ITEMS, ITEMS)
def test_an_update_counts_what_it_found(before: list[Item], after: list[Item]) -> None:
    """Every product of an update is changed or kept, and those that are there no more are gone."""
    with folder() as place:
        build_index(place / "old", before)
        _, found = update_index(place / "new", place / "old", after)
    kept = {item.id for item in set(before) & set(after)}
    gone = {item.id for item in before} - {item.id for item in after}
    assert (found.kept, found.changed, found.gone) == (len(kept), len(after) - len(kept), len(gone))


@settings(max_examples=6, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 9))
def test_an_update_of_many_equals_a_new_index(chance: random.Random, often: int) -> None:
    """Where most products are as they were, and stretches of them are copied, the files are those made anew too."""
    before = [Item(f"{at:03}", Text(f"{chance.choice(WORDS)} {chance.choice(WORDS)} {at % 50}")) for at in range(300)]
    after = [item for at, item in enumerate(before) if at % 30 != often]
    after = [item._replace(text=Text("緑茶 jug")) if at % 40 == often else item for at, item in enumerate(after)]
    after += [Item(f"{chance.randrange(300):03}{at}", Text(f"new {chance.choice(WORDS)}")) for at in range(often)]
    with folder() as place:
        build_index(place / "old", before)
        update_index(place / "updated", place / "old", after)
        build_index(place / "anew", after)
        assert contents(place / "updated") == contents(place / "anew")


@settings(max_examples=100, deadline=None)
@given(st.sets(IDS | SHORT), st.lists(IDS | SHORT, max_size=40), st.booleans())
def test_names_are_found_where_they_stand(ids: set[str], names: list[str], ascending: bool) -> None:
    """Each name has the place of its equal among the ids, in whatever order; of equal names one has it."""
    there = sorted(ids)
    names = sorted(names) if ascending else names
    places = places_of(names, there).tolist()
    assert {name for name, place in zip(names, places, strict=True) if place >= 0} == ids & set(names)
    found = [(place, name) for name, place in zip(names, places, strict=True) if place >= 0]
    assert all(there[place] == name for place, name in found)
    assert len(set(found)) == len(found)


@settings(max_examples=100, deadline=None)
@given(st.sets(SHORT), st.lists(SHORT, max_size=8), st.data())
def test_kept_and_new_rows_are_in_the_order_of_their_ids(ids: set[str], new: list[str], data: st.DataObject) -> None:
    """Rows that are kept and rows that are new ascend by their ids; the first id that stands twice is told."""
    there = sorted(ids)
    kept = [at for at in range(len(there)) if data.draw(st.booleans())]
    rows, twice = woven(there, np.array(kept, dtype=np.int64), new)
    names = [[*there, *new][row] for row in rows.tolist()]
    assert sorted(rows.tolist()) == [*kept, *range(len(there), len(there) + len(new))]
    again = [one for one, other in itertools.pairwise(sorted(names)) if one == other]
    assert twice == min(again, default=None)
    assert again or names == sorted(names)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS | LONG, min_size=1, max_size=4), st.data())
def test_rows_are_gathered_from_parts(parts: list[list[list[int]]], data: st.DataObject) -> None:
    """Rows chosen out of several parts, one by one or by stretches, are those of the parts one after the other."""
    whole = [row for part in parts for row in part]
    bounds = st.tuples(st.integers(0, len(whole)), st.integers(0, len(whole))).map(sorted)
    stretches = data.draw(st.lists(bounds, max_size=3))
    chosen = [at for first, last in stretches for at in range(first, last)]
    gathered = gather([len(part) for part in parts], np.array(chosen, dtype=np.int64))
    assert lists(gathered.rows([rows_of(part) for part in parts])) == [whole[at] for at in chosen]
    firsts = [np.array([sum(row) for row in part], dtype=np.int64) for part in parts]
    assert gathered.array(firsts).tolist() == [sum(whole[at]) for at in chosen]


@settings(max_examples=60, deadline=None)
@given(ROWS, st.data())
def test_rows_taken_are_the_rows_asked_for(rows: list[list[int]], data: st.DataObject) -> None:
    """Rows taken by number, in any order and repeated, are those of the lists they came from."""
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=8) if rows else st.just([]))
    assert lists(rows_of(rows).take(np.array(chosen, dtype=np.int64))) == [rows[at] for at in chosen]


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, max_size=4))
def test_stacked_rows_stand_one_after_the_other(parts: list[list[list[int]]]) -> None:
    """Parts stacked are the rows of the first, then those of the second, and so on."""
    assert lists(stacked([rows_of(part) for part in parts])) == [row for part in parts for row in part]


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_each_value_has_its_owner(rows: list[list[int]]) -> None:
    """The owner of each value is the row it stands in."""
    assert rows_of(rows).owners().tolist() == [at for at, row in enumerate(rows) for _ in row]


@settings(max_examples=30, deadline=None)
@given(ITEMS, st.integers(0, 7))
def test_merged_parts_are_the_whole(items: list[Item], cut: int) -> None:
    """Columns of two parts, merged, are those of all products read together, array by array."""
    assert_equal(merged([read_items(items[:cut]), read_items(items[cut:])]), read_items(items))


@settings(max_examples=30, deadline=None)
@given(ITEMS, st.data())
def test_taken_products_are_as_read_alone(items: list[Item], data: st.DataObject) -> None:
    """Products taken from columns, over the terms they use, are those read without the others."""
    chosen = data.draw(st.lists(st.integers(0, len(items) - 1), max_size=8) if items else st.just([]))
    taken = merged([read_items(items).take(np.array(chosen, dtype=np.int64))])
    assert_equal(taken, read_items([items[at] for at in chosen]))


@settings(max_examples=30, deadline=None)
@given(ITEMS, st.integers(0, 7), st.randoms(use_true_random=False))
def test_merged_parts_may_be_in_any_order(items: list[Item], cut: int, shuffler: random.Random) -> None:
    """Products chosen out of two parts are those of all, read together in that order."""
    chosen = shuffler.sample(range(len(items)), shuffler.randint(0, len(items)))
    parts = [read_items(items[:cut]), read_items(items[cut:])]
    assert_equal(merged(parts, np.array(chosen, dtype=np.int64)), read_items([items[at] for at in chosen]))


@settings(max_examples=20, deadline=None)
@given(ITEMS)
def test_postings_are_the_sums_of_their_fields(items: list[Item]) -> None:
    """The weight of a term in a product is the sum over fields of its share of each, worked out one by one."""
    columns = read_items(items)
    postings = build_postings(columns)
    matrix = np.zeros((len(columns.terms), len(columns)))
    for name, weight in FIELDS.items():
        for product, row in enumerate(lists(getattr(columns, name))):
            terms = sorted({term for term in row if term >= 0})
            shares = postings.idf[terms].astype(np.float64)
            matrix[terms, product] += weight * shares / max(np.linalg.norm(shares), 1e-9)
    assert np.allclose(postings.matrix(len(columns)).toarray(), matrix, rtol=1e-5)
    assert all(row == sorted(row) for row in lists(postings.products))


@settings(max_examples=80, deadline=None)
@given(ANY_TEXTS)
def test_any_text_can_be_read(text: Text) -> None:
    """Any title, brand and detail have a reading, whose columns of words stand beside each other."""
    reading = Analyser().read(text)
    assert len(reading.names) == len(reading.words) == len(reading.stems) == len(reading.numbers)


@settings(max_examples=10, deadline=None)
@given(ANY_ITEMS, st.lists(ANY_TEXTS, min_size=1, max_size=3))
def test_any_catalogue_can_be_linked_to(items: list[Item], offers: list[Text]) -> None:
    """Any offers and products give one answer an offer, sure or not, whose target is one of the products."""
    with folder() as place:
        links = build_product_linker("hybrid", {}, build_index(place / "index", items)).link_all(offers)
    assert [link.mention for link in links] == [offer.title for offer in offers]
    assert {link.target_id for link in links} <= {None, *(item.id for item in items)}
    assert all(0 <= link.confidence <= 1 for link in links)


@settings(max_examples=10, deadline=None)
@given(st.lists(ANY_TEXTS, min_size=1, max_size=4))
def test_answers_are_the_same_alone_and_together(linkers: list[ProductLinker], offers: list[Text]) -> None:
    """An offer has the same answer alone and among others, whichever linker is asked."""
    for linker in linkers:
        assert linker.link_all(offers) == [linker.link(offer) for offer in offers]


@settings(max_examples=30, deadline=None)
@given(st.lists(ANY_TEXTS, min_size=1, max_size=4))
def test_features_are_within_their_range(shop: ProductIndex, offers: list[Text]) -> None:
    """Every feature of every pair is from 0 to 1; only meaning and dearer may be negative, only length above 1."""
    batch = read_batch(shop, read_items([Item(str(at), offer) for at, offer in enumerate(offers)]))
    found = features(shop, batch, Search(shared=len(SHOP), nearest=len(SHOP)).pairs(shop, batch))
    least = {"meaning": -1.02, "dearer": -1.0}
    lowest = np.array([least.get(name, 0.0) for name in FEATURES])
    highest = np.array([3.5 if name == "length" else 1.02 if name == "meaning" else 1.00001 for name in FEATURES])
    assert np.isfinite(found).all()
    assert ((found >= lowest) & (found <= highest)).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(MASKS, MASKS), min_size=1, max_size=5))
def test_contradiction_and_agreement_are_mutual(pairs: list[tuple[int, int]]) -> None:
    """Two texts differ and agree in as many dimensions whichever of them is named first."""
    ours, theirs = (np.array(side, dtype=np.uint64) for side in zip(*pairs, strict=True))
    differ, agree, _ = load_contrasts().compare(ours, theirs)
    differ_too, agree_too, _ = load_contrasts().compare(theirs, ours)
    assert differ.tolist() == differ_too.tolist()
    assert agree.tolist() == agree_too.tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(MASKS, min_size=1, max_size=5))
def test_nothing_contradicts_itself(masks: list[int]) -> None:
    """A text does not differ from itself, and leaves nothing unsaid."""
    ours = np.array(masks, dtype=np.uint64)
    differ, _, silent = load_contrasts().compare(ours, ours)
    assert not differ.any()
    assert not silent.any()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 9), st.sampled_from([0.0, 1.0, 1.00001, 2.5])),
        max_size=12,
        unique_by=lambda row: row[:2],
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_candidates_is_total(rows: list[tuple[int, int, float]], shuffler: random.Random) -> None:
    """Candidates in whatever order are ranked the same, by mention, score and number, with the same signals."""
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    one, other = ranking(rows), ranking(shuffled)
    assert one == other
    assert [mention for mention, _ in one[0]] == sorted(mention for mention, _, _ in rows)


def ranking(rows: Sequence[tuple[int, int, float]]) -> tuple[list[tuple[int, int]], list[list[float]]]:
    """Return pairs as they are ranked, and the signals of the best ones."""
    mentions, products = (np.array([row[at] for row in rows], dtype=np.int64) for at in (0, 1))
    scores = np.array([row[2] for row in rows])
    found = np.tile(products[:, None], (1, len(FEATURES))).astype(np.float32)
    ranked = rank(scores, found, mentions, products)
    assert ranked.signals.shape[1] == len(SIGNALS)
    return [rows[at][:2] for at in ranked.order.tolist()], ranked.signals.tolist()


def lists(rows: Rows) -> list[list[int]]:
    """Return rows as lists."""
    return [rows.values[start:end].tolist() for start, end in zip(rows.starts[:-1], rows.starts[1:], strict=True)]


def arrays(columns: Columns) -> Iterable[tuple[str, np.ndarray]]:
    """Yield every array of columns with its name."""
    for each in fields(columns):
        value = getattr(columns, each.name)
        if isinstance(value, Rows):
            yield f"{each.name}.starts", value.starts
            yield f"{each.name}.values", value.values
        else:
            yield each.name, value


def assert_equal(one: Columns, other: Columns) -> None:
    """Check that columns are equal in type, shape and content."""
    for (name, ours), (_, theirs) in zip(arrays(one), arrays(other), strict=True):
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), name
        assert np.array_equal(ours, theirs), name
