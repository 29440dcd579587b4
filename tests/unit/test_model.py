"""The records, and the law that nothing is lost."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import model
from kg.model import Relation, StageCounts

RECORDS = [kind for kind in vars(model).values() if isinstance(kind, type) and dataclasses.is_dataclass(kind)]
COUNTS = st.tuples(*[st.integers(0, 10**9)] * 4).map(lambda c: StageCounts(sum(c), *c))


def test_counts_balance_when_every_item_has_one_fate() -> None:
    """What came in was kept, put up for review, dropped or failed."""
    assert StageCounts(10, kept=5, review=2, dropped=2, failed=1).balanced


@pytest.mark.parametrize("field", ["taken", "kept", "review", "dropped", "failed"])
def test_counts_do_not_balance_when_one_item_is_lost(field: str) -> None:
    """One item more or less anywhere is noticed."""
    whole = StageCounts(10, kept=5, review=2, dropped=2, failed=1)
    assert not dataclasses.replace(whole, **{field: getattr(whole, field) + 1}).balanced


@given(COUNTS, COUNTS)
def test_the_sum_of_balanced_counts_is_balanced(a: StageCounts, b: StageCounts) -> None:
    """Adding up shards cannot lose or invent an item, in whatever order."""
    assert (a + b).balanced
    assert a + b == b + a
    assert (a + b).taken == a.taken + b.taken


@pytest.mark.parametrize("kind", RECORDS)
def test_records_are_frozen_and_have_slots(kind: type) -> None:
    """A record can be shared between stages, and millions of them fit."""
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(kind)


def test_the_relations_are_a_closed_set() -> None:
    """A model's words can never become a relation."""
    assert {r.value for r in Relation} == {
        "COMPLEMENTS", "HAS_THEME", "IN_THEME", "IS_A", "PAIRS_WITH", "SATISFIED_BY", "SUBSTITUTES",
    }  # fmt: skip
    with pytest.raises(ValueError, match="is not a valid Relation"):
        Relation("DELETE")
