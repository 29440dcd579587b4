"""The figures of an evaluation as rows of text: the terminal and the page show the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kg.evaluate.linking.evaluation import Evaluation, Row
from kg.evaluate.linking.measures import AtThreshold, shown_share
from kg.evaluate.linking.pairs import PairEvaluation
from kg.evaluate.resampling import Estimate

__all__ = ["figures", "floor_figures", "pair_figures", "row_figures", "slice_figures", "summary"]

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
_AT: tuple[tuple[str, Callable[[AtThreshold], Estimate]], ...] = (
    ("  precision", lambda at: at.precision),
    ("  recall", lambda at: at.recall),
    ("  F1", lambda at: at.f1),
    ("  NIL precision", lambda at: at.nil_precision),
    ("  NIL recall", lambda at: at.nil_recall),
)


def summary(found: Evaluation) -> str:
    """Return in two sentences what was measured on what."""
    return (
        f"{found.products:,} products, {found.mentions:,} mentions, {found.with_gold:,} of them with a gold link; "
        f"linker {found.plan.linker}. Fitted on {found.fitted_on:,} mentions, reported on the other "
        f"{found.reported:,} (seed {found.plan.seed})."
    )


def figures(found: Evaluation) -> Table:
    """Return the figures of the rows, one a line, and what holds for all of them."""
    head, lines = row_figures(found.rows, found.plan.precision)
    empty = ("",) * (len(found.rows) - 1)
    fitted = shown_share(found.fitted_of_all) if found.fitted_of_all else ""
    whole = [shown_share(found.accuracy_of_all), *empty[:-1], fitted][: len(found.rows)]
    return head, [
        *lines,
        ("accuracy@1, both halves", *whole),
        ("mentions a second", f"{found.per_second:,.0f}", *empty),
        ("peak memory, MB", f"{found.peak_mb:,.0f}", *empty),
    ]


def row_figures(rows: Sequence[Row], precision: float) -> Table:
    """Return the figures of models, one a line; ``precision`` (0..1) is what the first threshold is for."""

    def line(name: str, of: Callable[[Row], Estimate]) -> tuple[str, ...]:
        return (name, *(shown_share(of(row)) for row in rows))

    def block(name: str, of: Callable[[Row], AtThreshold]) -> list[tuple[str, ...]]:
        thresholds = (name, *(f"{of(row).threshold:.3f}" for row in rows))
        return [thresholds, *((each, *(shown_share(get(of(row))) for row in rows)) for each, get in _AT)]

    return ("", *(row.name for row in rows)), [
        line("accuracy@1", lambda row: row.accuracy),
        line("candidate recall@10", lambda row: row.recall_at_10),
        line("candidate recall", lambda row: row.recall),
        *block(f"threshold for precision {precision:g}", lambda row: row.at_precision),
        *block("threshold that balances NILs", lambda row: row.at_balance),
        line("NIL precision at most", lambda row: row.nil_ceiling),
        line("calibration error", lambda row: row.calibration_error),
    ]


def floor_figures(found: Evaluation) -> Table:
    """Return the floors, one a line."""
    rows = [
        (each.name, shown_share(each.accuracy), shown_share(each.recall_at_10), f"{each.mentions:,}")
        for each in found.floors
    ]
    return ("floor", "accuracy@1", "recall@10", "mentions"), rows


def slice_figures(found: Evaluation) -> Table:
    """Return the accuracies of the slices, one a line."""
    first = found.rows[0].slices
    rows = [(part, f"{first[part].of:,}", *(shown_share(row.slices[part]) for row in found.rows)) for part in first]
    return ("accuracy@1", "mentions", *(row.name for row in found.rows)), rows


def pair_figures(found: PairEvaluation) -> Table:
    """Return the figures of pairs, one method a line."""
    rows = [
        (
            row.name,
            f"{row.threshold:.3f}",
            *(shown_share(each) for each in (row.precision, row.recall, row.f1, row.average_precision)),
        )
        for row in found.rows
    ]
    return ("", "threshold", "precision", "recall", "F1", "average precision"), rows
