"""The model that decides: its file, its thresholds, its order of candidates, and who uses it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kg.errors import InputError
from kg.records import to_json
from linkers.products.analyse import Text
from linkers.products.candidates import Pairs
from linkers.products.deciders import Decider, EqualTitles, ModelDecider, NearestMeaning
from linkers.products.features import FEATURES
from linkers.products.learning import AGAINST, EITHER
from linkers.products.model import SIGNALS, Cut, Model, default_model, load_model, rank
from linkers.products.registry import build_product_linker
from tests.parts.product_shop import index_of

CUTS = (Cut(0.2, 0.7, 0.9), Cut(0.5, 0.9, 0.8), Cut(0.8, 0.97, 0.4))
MODEL = Model(1, {"said": 2.0, "contrast": -3.0}, -1.0, {"score": 1.5, "lead": 0.5}, CUTS, "by hand")


def written(folder: Path, model: object) -> Path:
    """Return a file with a model."""
    file = folder / "model.json"
    file.write_bytes(to_json(model))
    return file


def table(**columns: list[float]) -> np.ndarray:
    """Return features by name; those not named are 0."""
    rows = len(next(iter(columns.values())))
    return np.column_stack([columns.get(name, [0.0] * rows) for name in FEATURES]).astype(np.float32)


@pytest.mark.parametrize(("precision", "threshold"), [(0.5, 0.2), (0.7, 0.2), (0.71, 0.5), (0.95, 0.8), (0.97, 0.8)])
def test_the_threshold_is_the_lowest_of_the_precision(precision: float, threshold: float) -> None:
    """The threshold of a precision is the lowest that had it."""
    assert MODEL.threshold(precision) == threshold


def test_a_precision_never_had_has_the_highest_threshold() -> None:
    """For a precision that no threshold had, the highest there is stands."""
    assert MODEL.threshold(0.999) == 0.8


def test_without_cuts_the_threshold_is_one_half() -> None:
    """A model of which nothing was counted accepts what is more likely than not."""
    assert Model(1, {}, 0.0, {}, ()).threshold(0.95) == 0.5


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    """A model comes back from its file as it was."""
    assert load_model(written(tmp_path, MODEL)) == MODEL


def test_unknown_names_are_refused(tmp_path: Path) -> None:
    """A model of features or signals that there are not is refused with their names and what to do."""
    file = written(tmp_path, Model(1, {"colour": 1.0}, 0.0, {"speed": 1.0}, ()))
    with pytest.raises(InputError, match=r"model\.json: unknown: colour, speed.*kg linker fit"):
        load_model(file)


def test_another_format_is_refused(tmp_path: Path) -> None:
    """A model of another format is refused with both formats."""
    with pytest.raises(InputError, match=r"format 2, not 1.*kg linker fit"):
        load_model(written(tmp_path, Model(2, {}, 0.0, {}, ())))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is refused with its name and the setting that names it."""
    with pytest.raises(
        InputError, match=r"nowhere\.json: cannot be read: No such file.*linking\.products\.hybrid\.model"
    ):
        load_model(tmp_path / "nowhere.json")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', "\xff"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, text: str) -> None:
    """A file that holds no model is refused with its name."""
    file = tmp_path / "model.json"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"model\.json: not a linker's model: .*kg linker fit"):
        load_model(file)


def test_the_version_names_the_weights() -> None:
    """Other weights are another version; what is told of them is not."""
    retold = Model(1, MODEL.features, MODEL.bias, MODEL.signals, (), "elsewhere")
    heavier = Model(1, MODEL.features, MODEL.bias + 1, MODEL.signals, CUTS)
    assert retold.version == MODEL.version != heavier.version


def test_scores_are_weighted_sums() -> None:
    """The score of a pair is the sum of its features times their weights."""
    assert MODEL.scores(table(said=[1, 0.5], contrast=[0, 1])).tolist() == [2.0, -2.0]


def test_chances_are_probabilities() -> None:
    """Chances are a logistic function of the signals, whatever their size."""
    signals = np.zeros((3, len(SIGNALS)), dtype=np.float32)
    signals[:, 0] = [2 / 3, 1e9, -1e9]
    assert MODEL.chances(signals).tolist() == pytest.approx([0.5, 1.0, 0.0])


def test_the_default_model_loads() -> None:
    """The model of the package is there, with weights, thresholds and what it was made of."""
    model = default_model()
    assert model.features
    assert model.cuts
    assert model.made


def test_the_default_model_has_the_signs_of_common_sense() -> None:
    """In the model of the package what speaks against a pair weighs so, and what speaks for it."""
    weights = default_model().features
    assert {name for name, weight in weights.items() if weight < 0} <= AGAINST | EITHER
    assert not AGAINST & {name for name, weight in weights.items() if weight > 0}


def test_the_thresholds_of_the_default_model_ascend() -> None:
    """In the model of the package a higher threshold has a higher precision and a lower recall."""
    cuts = default_model().cuts
    assert [cut.threshold for cut in cuts] == sorted(cut.threshold for cut in cuts)
    assert [cut.precision for cut in cuts] == sorted(cut.precision for cut in cuts)
    assert [cut.recall for cut in cuts] == sorted((cut.recall for cut in cuts), reverse=True)


def test_what_speaks_against_is_a_feature() -> None:
    """Every feature that speaks against a pair, or may do either, exists, and none does both."""
    assert FEATURES.keys() > AGAINST | EITHER
    assert not AGAINST & EITHER


def test_candidates_are_ordered_by_score_and_number() -> None:
    """Candidates stand by mention, best first, equal ones by number."""
    mentions, products = np.array([1, 0, 0, 0]), np.array([5, 9, 2, 7])
    ranked = rank(np.array([0.0, 1.0, 1.0, 2.0]), table(said=[0, 0, 0, 0]), mentions, products)
    assert products[ranked.order].tolist() == [7, 2, 9, 5]
    assert ranked.first.tolist() == [0, 3]
    assert ranked.mentions.tolist() == [0, 1]


def test_signals_tell_of_the_best_candidate() -> None:
    """The signals are the best score, its lead, its share of the chances, and its features."""
    ranked = rank(np.array([1.0, 2.0]), table(said=[0.25, 0.75]), np.zeros(2, dtype=int), np.arange(2))
    signals = dict(zip(SIGNALS, ranked.signals[0].tolist(), strict=True))
    assert (signals["score"], signals["lead"], signals["said"]) == (2.0, 1.0, 0.75)
    assert signals["share"] == pytest.approx(1 / (1 + np.exp(-1)))


def test_a_candidate_alone_leads_in_full() -> None:
    """Without a runner-up, and before one far behind, the lead is the largest there is."""
    alone = rank(np.array([1.0]), table(said=[0]), np.array([0]), np.array([0]))
    far = rank(np.array([90.0, 1.0]), table(said=[0, 0]), np.zeros(2, dtype=int), np.arange(2))
    assert alone.lead.tolist() == far.lead.tolist() == [5.0]
    assert alone.signals[0, 2] == 1


def test_no_candidates_no_order() -> None:
    """Without pairs there is nothing in order, but the columns of the signals."""
    nothing = np.zeros(0, dtype=np.int64)
    ranked = rank(nothing, np.zeros((0, len(FEATURES))), nothing, nothing)
    assert len(ranked.order) == 0
    assert ranked.signals.shape == (0, len(SIGNALS))


def test_a_difference_of_rounding_decides_nothing() -> None:
    """Scores that differ by what summing in another order may make are equal."""
    ranked = rank(np.array([1.0, 1.0 + 1e-12]), table(said=[0, 0]), np.zeros(2, dtype=int), np.array([3, 4]))
    assert ranked.order.tolist() == [0, 1]


def chances_of(decider: Decider, found: np.ndarray) -> list[float]:
    """Return the chance of the best of the candidates of one mention."""
    pairs = Pairs(np.zeros(len(found), dtype=np.int64), np.arange(len(found)))
    ordered = decider.order(pairs, found)
    return decider.chances(ordered, found[ordered.ranked.order[ordered.ranked.first]]).tolist()


@pytest.mark.parametrize(("same", "chance"), [([0, 1, 0], 1.0), ([1, 1, 0], 0.5), ([0, 0], 0.0), ([1] * 4, 0.25)])
def test_equal_titles_share_the_chance(same: list[float], chance: float) -> None:
    """One product of the title is sure, several share the chance, none has none."""
    assert chances_of(EqualTitles(), table(same=same)) == [chance]


def test_the_nearest_meaning_is_on_a_curve() -> None:
    """The cosine of the midpoint is worth one half."""
    assert chances_of(NearestMeaning(0.9, 30), table(meaning=[0.2, 0.9])) == pytest.approx([0.5])


def test_a_model_decides_by_its_weights() -> None:
    """The chance of the best candidate is what the acceptor of the model makes of score and lead."""
    found = table(said=[1.0, 0.5])
    assert chances_of(ModelDecider(MODEL), found) == pytest.approx([1 / (1 + np.exp(-(-1 + 1.5 * 2 + 0.5 * 1)))])


@pytest.mark.parametrize("decider", [EqualTitles(), NearestMeaning(0.9, 30), ModelDecider(MODEL)])
def test_the_order_depends_on_the_features_named(decider: Decider) -> None:
    """The features that a decider names are enough to order candidates by."""
    random = np.random.default_rng(3)
    found = random.random((20, len(FEATURES))).astype(np.float32)
    named = np.where([name in decider.ranks_by for name in FEATURES], found, 0).astype(np.float32)
    pairs = Pairs(np.repeat(np.arange(4), 5), np.tile(np.arange(5), 4))
    assert decider.order(pairs, named).ranked.order.tolist() == decider.order(pairs, found).ranked.order.tolist()


def test_a_linker_uses_the_model_it_is_told_of(tmp_path: Path) -> None:
    """A linker with a model of its own has another version and decides by it."""
    index = index_of(tmp_path, "hot salsa", "mild salsa")
    file = written(tmp_path, Model(1, {"same": 1.0}, -9.0, {"same": 18.0}, (Cut(0.9, 0.99, 0.5),)))
    linker = build_product_linker("lexical", {"model": str(file)}, index)
    assert linker.link("hot salsa").target_id == "0"
    assert linker.link("hot salsas dip").target_id is None
    assert linker.version != build_product_linker("lexical", {}, index).version


def test_a_threshold_given_goes_before_the_precision(tmp_path: Path) -> None:
    """The threshold is that of the precision, unless one is given."""
    index = index_of(tmp_path, "salsa")
    assert build_product_linker("hybrid", {"precision": 0.9}, index).threshold == default_model().threshold(0.9)
    assert build_product_linker("hybrid", {"precision": 0.9, "threshold": 0.25}, index).threshold == 0.25


@pytest.mark.parametrize(
    ("threshold", "mention", "reason"),
    [
        (0, "Casa hot salsa", "the same title as 'Casa Hot Salsa'"),
        (0, "Oven NNSD377S by Panasonic steel", "'Panasonic NN-SD377S Oven' has the same model number"),
        (0, "Casa salsa", "nearest to 'Casa Hot Salsa'"),
        (1, "Casa mild salsa", "'Casa Hot Salsa' is nearest, but is another variant"),
        (1, "Panasonic XZ9000 oven", "'Panasonic NN-SD377S Oven' is nearest, but has another model number"),
        (1, "Red Kettle 9000", "'Red Kettle' is nearest, but lacks a number that was said"),
        (1, "Casa salsa", "'Casa Hot Salsa' is nearest, but not near enough"),
    ],
)
def test_a_reason_says_what_was_decisive(tmp_path: Path, threshold: float, mention: str, reason: str) -> None:
    """The reason of an answer names the product and what speaks for or against it."""
    index = index_of(tmp_path, "Casa Hot Salsa", "Panasonic NN-SD377S Oven", "Emsa Jug", "Red Kettle")
    assert build_product_linker("lexical", {"threshold": threshold}, index).link(mention).reason == reason


def test_compared_candidates_are_those_of_a_link(tmp_path: Path) -> None:
    """What a linker compares for making a model has the features that its links show."""
    index = index_of(tmp_path, "Casa Hot Salsa", "Casa Mild Salsa", "Red Kettle")
    linker = build_product_linker("hybrid", {}, index)
    pairs, found = linker.compare([Text("casa salsa")])
    best = linker.link("casa salsa").candidates[0]
    row = [index.id(int(product)) for product in pairs.products].index(best.id)
    shown = [best.features.get(name, 0.0) for name in FEATURES]
    assert found[row].tolist() == pytest.approx(shown, abs=1e-4)
