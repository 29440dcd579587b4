"""Making a model, on candidates whose truth is known because it was made up."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pytest

from linkers.products.features import FEATURES
from linkers.products.learning import AGAINST, EITHER, NIL_SHARE, Labelled, calibrate, cuts_of, fit, fit_ranker
from linkers.products.model import Model, rank

NAMES = list(FEATURES)
TRUE = {"said": 8.0, "contrast": -6.0}
PRIOR = {"said": 3.0, "brand": 2.0}


def made_up(
    seed: int, mentions: int = 400, candidates: int = 5, *, found: float = 0.9, truth: Mapping[str, float] = TRUE
) -> Labelled:
    """Return mentions with random features, of which a few decide which candidate is right.

    The right candidate is drawn with chances in proportion to ``exp(8 said - 6 contrast)``, or as ``truth`` has it; of
    one mention in ten it is not among the candidates.
    """
    random = np.random.default_rng(seed)
    features = random.random((mentions, candidates, len(NAMES))).astype(np.float32)
    scores = features @ np.array([truth.get(name, 0.0) for name in NAMES])
    chosen = np.argmax(scores + random.gumbel(size=scores.shape), axis=1)
    right = (np.arange(candidates) == chosen[:, None]) & (random.random(mentions) < found)[:, None]
    return Labelled(
        features.reshape(-1, len(NAMES)),
        np.repeat(np.arange(mentions), candidates),
        np.tile(np.arange(candidates), mentions),
        right.reshape(-1),
    )


SETS = [made_up(1, 800), made_up(2, 800)]
LARGE = made_up(10, mentions=3_000)


@pytest.fixture(scope="module")
def ranker() -> dict[str, float]:
    """Return the weights learned from what was made up."""
    return fit_ranker(SETS, penalty=0.5)


@pytest.fixture(scope="module")
def model() -> Model:
    """Return the model made of what was made up."""
    return fit([LARGE], made="of random numbers")


def outcomes(model: Model, data: Labelled) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return chances, truth and weights of mentions as they are, and with what they mean taken away."""
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for there, share in ((np.ones(len(data.right), dtype=bool), 1 - NIL_SHARE), (~data.right, NIL_SHARE)):
        features, mentions, products = data.features[there], data.mentions[there], data.products[there]
        ranked = rank(model.scores(features), features, mentions, products)
        right = data.right[there][ranked.order[ranked.first]]
        parts.append((model.chances(ranked.signals), right, np.full(len(right), share)))
    chances, right, weight = (np.concatenate([part[at] for part in parts]) for at in range(3))
    return chances, right, weight


def test_what_decides_is_recovered(ranker: dict[str, float]) -> None:
    """The weights of the features that decide are near those by which the truth was drawn."""
    assert {name: ranker[name] for name in TRUE} == pytest.approx(TRUE, abs=1.0)


def test_what_does_not_decide_weighs_little(ranker: dict[str, float]) -> None:
    """Features that have nothing to do with the truth weigh little."""
    others = [abs(weight) for name, weight in ranker.items() if name not in TRUE]
    assert max(others) < 0.5


def test_signs_are_kept() -> None:
    """Where the truth has the wrong sign of a feature, the feature weighs nothing rather than the other way."""
    data = made_up(3)
    wrong = data.features.copy()
    for name in TRUE:
        wrong[:, NAMES.index(name)] = 1 - wrong[:, NAMES.index(name)]
    assert not TRUE.keys() & fit_ranker([dataclasses.replace(data, features=wrong)]).keys()


def test_every_weight_has_its_sign(ranker: dict[str, float]) -> None:
    """What speaks against a pair weighs below zero, else above, but for what may do either; ``priced`` ranks not."""
    assert all((weight < 0) == (name in AGAINST) for name, weight in ranker.items() if name not in EITHER)
    assert "priced" not in ranker


@pytest.mark.parametrize("weight", [4.0, -4.0])
@pytest.mark.parametrize("name", sorted(EITHER))
def test_what_may_do_either_has_the_sign_of_the_shop(name: str, weight: float) -> None:
    """A feature without a sign of its own speaks for a pair where it does in the shop, and else against it."""
    assert fit_ranker([made_up(11, truth={name: weight})])[name] == pytest.approx(weight, abs=1.0)


def test_a_larger_penalty_makes_smaller_weights(ranker: dict[str, float]) -> None:
    """A ridge penalty pulls the weights to zero."""
    pulled = fit_ranker(SETS, penalty=500.0)
    assert 0 < pulled["said"] < ranker["said"]


def test_one_mention_leaves_the_weights_near_the_prior() -> None:
    """Weights fitted to a mention alone are near those they start from, and not near the truth."""
    found = fit_ranker([made_up(12, mentions=1, found=1.0)], towards=PRIOR)
    assert found["brand"] == pytest.approx(PRIOR["brand"], abs=1.0)
    assert found["said"] == pytest.approx(PRIOR["said"], abs=1.0)


def test_many_mentions_leave_the_prior_behind() -> None:
    """Weights fitted to many mentions are near the truth, wherever they start from."""
    found = fit_ranker([LARGE], towards=PRIOR)
    assert {name: found[name] for name in TRUE} == pytest.approx(TRUE, abs=1.0)
    assert abs(found.get("brand", 0.0)) < 0.5


def test_a_larger_penalty_stays_nearer_to_the_prior() -> None:
    """A ridge penalty pulls the weights to those they start from."""
    distances = [
        abs(fit_ranker(SETS, penalty=penalty, towards=PRIOR)["said"] - PRIOR["said"]) for penalty in (2, 100, 1e6)
    ]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] == pytest.approx(0, abs=0.01)


def test_what_mentions_do_not_tell_of_keeps_its_weight() -> None:
    """A feature that is the same for all candidates keeps the weight it starts from, whatever the mentions."""
    features = SETS[0].features.copy()
    features[:, NAMES.index("brand")] = 0
    found = fit_ranker([dataclasses.replace(SETS[0], features=features)], towards=PRIOR)
    assert found["brand"] == pytest.approx(PRIOR["brand"], abs=1e-3)


def test_a_prior_of_the_wrong_sign_is_not_kept() -> None:
    """A weight to start from that common sense forbids gives none on the wrong side."""
    found = fit_ranker([made_up(13, mentions=2, found=1.0)], towards={"code_clash": 5.0, "brand": -5.0})
    assert found.get("code_clash", 0.0) <= 0 <= found.get("brand", 0.0)


def test_features_left_out_weigh_nothing() -> None:
    """A feature that is to be left out has no weight, though it decides and though the prior has one."""
    found = fit_ranker(SETS, towards={"said": 5.0}, without={"said", "dearer"})
    assert not {"said", "dearer"} & found.keys()
    assert found["contrast"] < -1


def test_a_model_is_fitted_towards_another() -> None:
    """A model of a few mentions made towards another has weights near its; without one, near zero."""
    few, other = [made_up(14, mentions=4, found=1.0)], Model(1, {"said": 30.0}, 0.0, {}, ())
    assert fit(few, towards=other).features["said"] == pytest.approx(30, abs=3)
    assert fit(few).features.get("said", 0.0) < 3


def test_learning_is_deterministic(model: Model) -> None:
    """The same mentions make the same model."""
    assert fit([LARGE], made="of random numbers") == model


def test_mentions_without_a_right_candidate_teach_nothing(ranker: dict[str, float]) -> None:
    """Mentions whose product is not among the candidates leave the ranker as it is."""
    data = made_up(4)
    hopeless = dataclasses.replace(data, right=np.zeros_like(data.right))
    with_them = fit_ranker([*SETS, hopeless], penalty=0.5)
    assert with_them == pytest.approx(ranker, abs=0.02)


def test_a_set_that_weighs_nothing_teaches_nothing() -> None:
    """A set of weight zero does not pull the weights."""
    wrong = dataclasses.replace(made_up(5), right=~made_up(5).right, weight=0.0)
    alone, beside = (fit_ranker(sets) for sets in ([SETS[0]], [SETS[0], wrong]))
    assert beside["said"] == pytest.approx(alone["said"], abs=0.3)


def test_the_order_of_pairs_does_not_matter() -> None:
    """Pairs in another order teach the same."""
    data = SETS[0]
    order = np.random.default_rng(1).permutation(len(data.right))
    shuffled = Labelled(data.features[order], data.mentions[order], data.products[order], data.right[order])
    assert fit_ranker([shuffled]) == pytest.approx(fit_ranker([data]), abs=0.01)


def test_the_right_candidate_is_ranked_first_as_often_as_can_be(model: Model) -> None:
    """On mentions not seen before the model is right nearly as often as the weights by which the truth was drawn."""
    data = made_up(6, found=1.0)
    hits: list[float] = []
    for weights in (model.features, TRUE):
        scores = Model(1, dict(weights), 0.0, {}, ()).scores(data.features)
        ranked = rank(scores, data.features, data.mentions, data.products)
        hits.append(float(data.right[ranked.order[ranked.first]].mean()))
    assert hits[0] > hits[1] - 0.04 > 0.4


def test_probabilities_are_near_frequencies(model: Model) -> None:
    """On mentions not seen before, links of a probability are right about so often."""
    chances, right, weight = outcomes(model, made_up(7, mentions=2_000))
    for low, high in ((0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.01)):
        there = (chances >= low) & (chances < high)
        if there.sum() > 100:
            frequency = np.average(right[there], weights=weight[there])
            assert frequency == pytest.approx(np.average(chances[there], weights=weight[there]), abs=0.1)


def test_probabilities_tell_right_from_wrong(model: Model) -> None:
    """Right links have higher probabilities than wrong ones."""
    chances, right, _ = outcomes(model, made_up(8))
    assert chances[right].mean() > chances[~right].mean() + 0.1


def test_calibrating_leaves_the_ranker() -> None:
    """A model that is calibrated keeps its weights of features and what it was made of."""
    model = Model(1, {"said": 1.25}, 0.0, {}, (), "by hand")
    ready = calibrate(model, SETS[:1])
    assert (ready.features, ready.made) == (model.features, model.made)
    assert ready.cuts


def test_a_model_is_made_of_what_it_says(model: Model) -> None:
    """What a model was made of stands in it."""
    assert model.made == "of random numbers"


def test_thresholds_are_counted_right() -> None:
    """Of six links, by chance right, right, wrong, right, wrong, wrong, each threshold is where its precision ends."""
    chances = np.array([0.4, 0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([False, True, True, False, True, False])
    found = {cut.threshold: (cut.precision, cut.recall) for cut in cuts_of(chances, right, np.ones(6))}
    assert found == {0.4: (0.5, 1.0), 0.5: (0.6, 1.0), 0.6: (0.75, 1.0), 0.8: (1.0, 0.6667)}


def test_weights_count_in_thresholds() -> None:
    """A wrong link of weight three counts like three."""
    (cut,) = cuts_of(np.array([0.9, 0.8]), np.array([True, False]), np.array([1.0, 3.0]))
    assert (cut.threshold, cut.precision, cut.recall) == (0.9, 1.0, 1.0)


def test_thresholds_are_monotone(model: Model) -> None:
    """A higher threshold has a higher precision and no higher recall."""
    cuts = model.cuts
    assert len(cuts) > 1
    assert [cut.threshold for cut in cuts] == sorted({cut.threshold for cut in cuts})
    assert [cut.precision for cut in cuts] == sorted(cut.precision for cut in cuts)
    assert [cut.recall for cut in cuts] == sorted((cut.recall for cut in cuts), reverse=True)


def test_a_threshold_has_the_precision_it_states() -> None:
    """Links accepted at a threshold are right as often as the threshold says, equal chances too."""
    random = np.random.default_rng(9)
    chances = np.round(random.random(500), 2)
    right = random.random(500) < chances
    for cut in cuts_of(chances, right, np.ones(500)):
        accepted = chances >= cut.threshold
        assert right[accepted].mean() == pytest.approx(cut.precision, abs=1e-3)


def test_where_nothing_is_right_there_is_no_threshold() -> None:
    """Links that are all wrong have no threshold of any precision."""
    assert cuts_of(np.array([0.9, 0.1]), np.zeros(2, dtype=bool), np.ones(2)) == ()
