"""The evaluation of the linker of products on a small shop: what is fitted on what, floors, examples, the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from kg.errors import InputError
from kg.evaluate.linking.cases import Cases, compared, decide, halves, opened, taken_away
from kg.evaluate.linking.data import LinkingSet, PairSet, read_linking
from kg.evaluate.linking.evaluation import Evaluation, Plan, evaluate_on, models_of, opened_linker
from kg.evaluate.linking.examples import KINDS, Example, Shown, examples
from kg.evaluate.linking.fitting import fit_model
from kg.evaluate.linking.floors import three_letters
from kg.evaluate.linking.page import linking_page, pair_page
from kg.evaluate.linking.pairs import evaluate_pairs
from linkers.products.deciders import ModelDecider
from linkers.products.explain import Part
from linkers.products.features import FEATURES
from linkers.products.index import ProductIndex
from linkers.products.linker import ProductLinker
from linkers.products.model import default_model
from tests.parts.labelled_shop import labelled_shop

PLAN = Plan()
HOSTILE = "<script>alert(1)</script><img src=x onerror=\"a('b')\">\x1b[31m"


@dataclass(frozen=True)
class Opened:
    """A small shop, its index, the linker over it, and all mentions compared."""

    data: LinkingSet
    index: ProductIndex
    linker: ProductLinker
    cases: Cases


def quiet(step: str, count: int, total: int) -> None:
    """Take no notice of progress."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A small shop, opened."""
    data = read_linking(labelled_shop(tmp_path_factory.mktemp("labelled")))
    with opened(data) as index:
        linker = opened_linker(PLAN, index)
        yield Opened(data, index, linker, compared(linker, index, data, quiet))


@pytest.fixture(scope="module")
def found(shop: Opened) -> Evaluation:
    """The whole evaluation."""
    return evaluate_on(PLAN, shop.linker, shop.cases, shop.data, quiet)


def with_gold(shop: Opened, wrong: np.ndarray) -> tuple[LinkingSet, Cases]:
    """Return the set with other gold for some mentions (shape: mentions, bool)."""
    gold = dict(shop.data.gold)
    for at in np.flatnonzero(wrong).tolist():
        if shop.data.mentions[at].id in gold:
            gold[shop.data.mentions[at].id] = frozenset({shop.data.products[at % 48].id})
    data = replace(shop.data, gold=gold)
    return data, compared(shop.linker, shop.index, data, quiet)


def test_the_halves_never_overlap(shop: Opened) -> None:
    """Every mention is in one half, and in one only."""
    fitting, reporting = halves(shop.data, 1)
    assert (fitting != reporting).all()


def test_no_reported_mention_is_fitted_on(shop: Opened, found: Evaluation) -> None:
    """Other labels on the reporting half change what is reported, and no threshold and no weight."""
    data, cases = with_gold(shop, halves(shop.data, 1)[1])
    other = evaluate_on(PLAN, shop.linker, cases, data, quiet)
    assert [row.name for row in other.rows] == ["shipped", "calibrated", "fitted"]
    for before, after in zip(found.rows, other.rows, strict=True):
        assert before.accuracy.value != after.accuracy.value
        assert before.at_precision.threshold == after.at_precision.threshold
        assert before.at_balance.threshold == after.at_balance.threshold


def test_labels_of_the_fitting_half_do_change_what_is_fitted(shop: Opened, found: Evaluation) -> None:
    """The test above would pass for a model that learns nothing."""
    data, cases = with_gold(shop, halves(shop.data, 1)[0])
    other = evaluate_on(PLAN, shop.linker, cases, data, quiet)
    assert found.rows[1].at_precision.threshold != other.rows[1].at_precision.threshold


def test_decisions_are_those_of_the_linker(shop: Opened) -> None:
    """The best candidate and its probability are what linking itself answers."""
    decided = decide(shop.cases, shop.linker.decider)
    links = shop.linker.link_all([item.text for item in shop.data.mentions])
    best = [shop.index.id(int(shop.cases.products[pair])) for pair in decided.best.tolist()]
    assert best == [link.candidates[0].id for link in links]
    assert decided.chance == pytest.approx([link.confidence for link in links], abs=1e-5)


def test_a_product_taken_away_is_no_candidate_and_not_expected(shop: Opened) -> None:
    """About a third of the mentions lose what they mean, and nothing else."""
    taken = taken_away(shop.data, 1)
    left = shop.cases.without(taken)
    assert 0.2 < taken.mean() < 0.5
    assert not left.right[taken[left.mentions]].any()
    assert (left.expected == (shop.cases.expected & ~taken)).all()
    assert len(shop.cases.right) - len(left.right) == int(shop.cases.right[taken[shop.cases.mentions]].sum())


def test_a_mention_without_candidates_is_nil(shop: Opened) -> None:
    """It has no best candidate, no probability, and is right about nothing."""
    none = shop.cases.only(np.zeros(len(shop.data.mentions), dtype=bool))
    decided = decide(none, shop.linker.decider)
    assert (decided.best == -1).all()
    assert not decided.chance.any()
    assert not decided.right.any()


def test_the_place_of_the_first_right_candidate_is_counted_from_one(shop: Opened) -> None:
    """A best candidate that is right stands at place 1, and only such a one."""
    decided = decide(shop.cases, shop.linker.decider)
    assert (decided.right == (decided.place == 1)).all()
    assert not decided.place[~shop.cases.expected].any()


def test_the_figures_are_of_the_reporting_half(shop: Opened, found: Evaluation) -> None:
    """Accuracy counts the mentions there that have gold; that of both halves counts all that have."""
    _, reporting = halves(shop.data, 1)
    assert {row.accuracy.of for row in found.rows} == {int((shop.cases.expected & reporting).sum())}
    assert found.accuracy_of_all.of == found.with_gold == len(shop.data.gold)
    assert found.fitted_of_all is not None
    assert found.fitted_of_all.of == found.with_gold
    assert found.fitted_on + found.reported == found.mentions == 90
    assert found.rows[0].accuracy.value == found.rows[1].accuracy.value


def test_slices_take_the_mentions_apart(found: Evaluation) -> None:
    """Each pair of slices holds every mention that has gold once."""
    of = [share.of for share in found.rows[0].slices.values()]
    assert [a + b for a, b in zip(of[::2], of[1::2], strict=True)] == [found.rows[0].accuracy.of] * 3


def test_the_floors_are_of_the_same_mentions(found: Evaluation) -> None:
    """Plain string similarity is asked about every mention that is reported on."""
    for floor in found.floors:
        assert floor.mentions == found.rows[0].accuracy.of
        assert 0.2 < (floor.accuracy.value or 0) <= (floor.recall_at_10.value or 0)


def test_two_runs_agree(shop: Opened, found: Evaluation) -> None:
    """All but speed and memory is the same again."""
    again = evaluate_on(PLAN, shop.linker, shop.cases, shop.data, quiet)
    same = {"per_second": 0.0, "peak_mb": 0.0}
    assert replace(again, **same) == replace(found, **same)


def test_too_few_labels_leave_the_shipped_model_alone(shop: Opened) -> None:
    """Nothing is fitted to a handful of mentions, and the note says so."""
    few = np.arange(len(shop.data.mentions)) < 5
    data = replace(shop.data, mentions=shop.data.mentions[:5])
    part = shop.cases.only(few)
    cases = replace(part, expected=part.expected[:5])
    done = evaluate_on(PLAN, shop.linker, cases, data, quiet)
    assert ([row.name for row in done.rows], done.fitted_of_all) == (["shipped"], None)
    assert "fewer than 10 mentions" in done.notes[0]
    with pytest.raises(InputError, match=r"fewer than 10 mentions .*; label more mentions"):
        fit_model(PLAN, [data], quiet, everything=True)


@pytest.mark.parametrize("name", ["exact", "semantic"])
def test_a_linker_without_weights_is_measured_as_it_is(shop: Opened, name: str) -> None:
    """There is nothing to fit; its own threshold holds."""
    plan = Plan(linker=name)
    linker = opened_linker(plan, shop.index)
    done = evaluate_on(plan, linker, compared(linker, shop.index, shop.data, quiet), shop.data, quiet)
    assert ([row.name for row in done.rows], done.fitted_of_all) == (["shipped"], None)
    assert done.rows[0].at_precision.threshold == 0.5
    assert f"{name} has no weights" in done.notes[0]


def test_what_is_shown_adds_up_to_the_decision(shop: Opened) -> None:
    """The parts of an example sum to the logit of its probability, and the order's to the lead over the next one."""
    model = default_model()
    shown = examples(PLAN, (ModelDecider(model), 0.5, model), shop.cases, shop.data, shop.index)
    assert {example.kind for example in shown} <= KINDS.keys()
    assert len(shown) > 5
    for example in shown:
        total = sum(part.adds for part in example.decision)
        assert 1 / (1 + np.exp(-total)) == pytest.approx(example.chance, abs=2e-3)
        assert sum(part.adds for part in example.order) > -1e-3


def test_examples_are_of_the_reporting_half_and_their_kind(shop: Opened) -> None:
    """A right link's first candidate is right; a wrong NIL's product was not taken away."""
    model = default_model()
    shown = examples(PLAN, (ModelDecider(model), 0.5, model), shop.cases, shop.data, shop.index)
    reported = {item.text.title for item, here in zip(shop.data.mentions, halves(shop.data, 1)[1], strict=True) if here}
    for example in shown:
        assert example.mention in reported
        if example.kind == "right link":
            assert example.candidates[0].right
        if example.kind == "wrong NIL":
            assert example.meant
            assert not example.taken


def test_a_page_escapes_all_text(found: Evaluation) -> None:
    """Titles are data: no markup of theirs, and no control character, reaches the page."""
    part = Part(HOSTILE, 1.0, 1.0, HOSTILE)
    example = Example("wrong link", HOSTILE, (HOSTILE,), True, 0.5, (Shown(HOSTILE, False),), (part,), (part,))
    page = linking_page(replace(found, name=HOSTILE, notes=(HOSTILE,)), [example])
    assert "<script" not in page
    assert "<img" not in page
    assert "\x1b" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 7


def test_a_page_needs_nothing_else(found: Evaluation) -> None:
    """No script, no address, no file: it can be mailed and opened anywhere."""
    page = linking_page(found, [])
    assert not re.search(r"<script|<link|<iframe|src=|href=|url\(|@import|https?://", page)
    assert page.count("<svg") == 2


@pytest.fixture(scope="module")
def pairs() -> PairSet:
    """Sixty pairs: of every two one is of the same product."""
    left = [f"Norvik toaster NT-{300 + at}" for at in range(60)]
    right = [f"Norvik toaster NT-{307 + at}" if at % 2 else f"NT-{300 + at} in its box {HOSTILE}" for at in range(60)]
    return PairSet("pairs", tuple(left), tuple(right), tuple(at % 2 == 0 for at in range(60)))


def test_pairs_are_told_apart_better_by_the_model_than_by_letters(pairs: PairSet) -> None:
    """One model number in common counts for more than all other words."""
    done = evaluate_pairs(PLAN, pairs, quiet)
    ours, alike, _ = done.rows
    assert done.fitted_on + done.reported == done.pairs == 60
    assert (ours.average_precision.value or 0) > 0.9
    assert (ours.f1.value or 0) > (alike.f1.value or 1)
    assert "its figures are no test" in done.notes[0]


def test_a_pair_has_no_order(pairs: PairSet) -> None:
    """Left and right exchanged, the model's figures are the same."""
    turned = replace(pairs, left=pairs.right, right=pairs.left)
    both = [evaluate_pairs(PLAN, each, quiet).rows[0] for each in (pairs, turned)]
    assert both[0].average_precision.value == pytest.approx(both[1].average_precision.value, abs=0.1)


def test_pairs_of_one_kind_only_are_refused(pairs: PairSet) -> None:
    """Without pairs of both kinds in either half there is no threshold to choose."""
    with pytest.raises(InputError, match="pairs: too few pairs to split in two; label more"):
        evaluate_pairs(PLAN, replace(pairs, same=(True,) * 60), quiet)


def test_the_page_of_pairs_escapes_names(pairs: PairSet) -> None:
    """The name of a file is text as well."""
    done = evaluate_pairs(PLAN, pairs, quiet)
    page = pair_page([replace(done, name=HOSTILE)])
    assert "<img" not in page
    assert "average precision" in page


def test_a_model_of_all_mentions_reports_nothing(shop: Opened) -> None:
    """There is no mention left that it was not fitted on; what it was made of is said."""
    done = fit_model(PLAN, [shop.data], quiet, everything=True)
    assert done.reports == ()
    assert done.model.made == f"kg linker fit: 90 mentions (all) of {shop.data.name}"


def test_a_model_of_half_the_mentions_is_reported_on_the_others(shop: Opened, found: Evaluation) -> None:
    """The report is the evaluation's own, beside the package's model."""
    done = fit_model(PLAN, [shop.data], quiet, everything=False)
    (report,) = done.reports
    assert [row.name for row in report.rows] == ["shipped", "fitted"]
    assert report.rows[1].accuracy == found.rows[2].accuracy
    assert report.rows[1].at_precision == found.rows[2].at_precision


def test_models_name_what_they_were_made_of(shop: Opened) -> None:
    """Both models carry the origin they are given."""
    labelled = shop.cases.labelled(halves(shop.data, 1)[0])
    models = models_of(default_model(), [labelled], "a test")
    assert models is not None
    assert [model.made for model in models] == ["a test"] * 2
    assert models[0].features == default_model().features


def test_a_fit_starts_from_the_shipped_weights(shop: Opened) -> None:
    """What the labelled mentions do not tell of weighs in the fitted model what it weighs in the shipped one."""
    labelled = shop.cases.labelled(halves(shop.data, 1)[0])
    silent = {name for name, column in zip(FEATURES, labelled.features.T, strict=True) if not column.any()}
    weights = {name: weight for name, weight in default_model().features.items() if name in silent}
    models = models_of(default_model(), [labelled], "")
    assert models is not None
    assert weights
    assert {name: models[1].features[name] for name in weights} == pytest.approx(weights, abs=1e-3)


def test_titles_without_three_letters_are_alike_in_nothing() -> None:
    """The floor of groups of three letters stands on such titles, too."""
    (block,) = three_letters(["tv"], ["a", "b"])
    assert block.tolist() == [[0.0, 0.0]]
