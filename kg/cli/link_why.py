"""Draws why a mention was linked: candidates, what speaks for and against the best one, and how that adds up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from kg.cli.tables import table
from kg.model import Candidate, Link
from kg.text import clean
from linkers.products.deciders import ModelDecider
from linkers.products.explain import Part, acceptance, advantage
from linkers.products.features import FEATURES
from linkers.products.linker import ProductLinker
from linkers.types.disambiguate import BIAS, WEIGHTS

__all__ = ["product_lines", "type_lines"]

_SHOWN = 8  # terms of a sum; the others are added up
_BAR = 20
_VISIBLE = 0.005  # a difference of probabilities that shows
_TYPE_FEATURES = {
    "alike": "how alike the letters are",
    "attested": "titles of the type say the describing words too",
    "called": "titles of the type name their thing so",
    "category": "a category is called what was said",
    "clash": "the mention names another kind",
    "contrast": "described otherwise than the type",
    "cosine": "cosine of the embeddings",
    "cover_mention": "share of the mention's words that are accounted for",
    "cover_target": "share of the type's words that were said",
    "crossed": "the same words, but the other thing",
    "described": "the mention is narrower than the type",
    "foreign": "a describing word that only titles of other types know",
    "head": "both name one thing",
    "implied": "words of the type that need not be said",
    "kind": "the table of kinds says that it is one",
    "missing": "the type's name has a word that was not said",
    "phrase": "a category is called so in two words or more",
    "same": "the names are the same",
    "title": "titles of the type end on what was said",
    "told": "and say the other words of the mention",
    "vague": "'supplies' and the like were said for a thing",
}


def type_lines(link: Link, threshold: float | None, linker: str) -> Iterator[str]:
    """Yield the lines that explain a link to a product type, made by ``linker``."""
    if not link.candidates:
        return
    yield from _candidates(link.candidates)
    best = link.candidates[0].features
    if linker in {"hybrid", "lexical"}:  # those that decide by weights
        parts = [Part(n, v, WEIGHTS[n] * v, _TYPE_FEATURES.get(n, "")) for n, v in best.items() if n in WEIGHTS and v]
        yield from _sum("how probable the first one is:", BIAS, sorted(parts, key=_by_size), link.confidence)
    else:
        yield from _values(best, _TYPE_FEATURES)
    yield _verdict(link, threshold)


def product_lines(link: Link, linker: ProductLinker, shown: int) -> Iterator[str]:
    """Yield the lines that explain a link to a product: of its candidates, which are all there were, show some."""
    if not link.candidates:
        return
    yield from _candidates(link.candidates[:shown])
    decider = linker.decider
    if isinstance(decider, ModelDecider):
        if len(link.candidates) > 1:
            yield from _difference(advantage(decider.model, link.candidates))
        parts = acceptance(decider.model, link.candidates)
        yield from _sum("how probable the first one is:", decider.model.bias, parts, link.confidence)
    else:
        yield from _values(link.candidates[0].features, FEATURES)
    yield _verdict(link, linker.threshold)


def _candidates(candidates: Sequence[Candidate]) -> Iterator[str]:
    yield "candidates:"
    rows = [(number, each.score, clean(each.id), clean(each.name)) for number, each in enumerate(candidates, 1)]
    yield from _indented(table(("", "probability", "id", "name"), rows))


def _values(features: Mapping[str, float], means: Mapping[str, str]) -> Iterator[str]:
    yield "what was compared, of the first one:"
    rows = [(name, value, means.get(name, "")) for name, value in features.items() if value]
    yield from _indented(table(("feature", "value", "which is"), rows))


def _sum(title: str, bias: float, parts: Sequence[Part], confidence: float) -> Iterator[str]:
    """Yield a sum of log-odds as a waterfall: term by term with what they come to, and the probability that is."""
    yield title
    start = Part("(start)", 0.0, bias, "before anything is known")
    terms = _folded([start, *parts], _SHOWN + 1)
    totals = accumulate(part.adds for part in terms)
    rows = [(*row, f"{total:+.2f}", part.means) for part, row, total in zip(terms, _rows(terms), totals, strict=True)]
    yield from _indented(table(("feature", "value", "adds", "", "so far", "which is"), rows))
    total = bias + sum(part.adds for part in parts)
    exact = "" if abs(_logistic(total) - confidence) < _VISIBLE else f" (from rounded values; exactly {confidence:.2f})"
    yield f"  probability 1 / (1 + exp({-total:.2f})) = {_logistic(total):.2f}{exact}"


def _difference(parts: Sequence[Part]) -> Iterator[str]:
    """Yield what makes the difference between the scores of the first two candidates."""
    yield "why the first one comes before the second:"
    terms = _folded(parts, _SHOWN)
    rows = [(*row, part.means) for part, row in zip(terms, _rows(terms), strict=True)]
    yield from _indented(table(("feature", "value", "adds", "", "which is"), rows))


def _folded(parts: Sequence[Part], most: int) -> list[Part]:
    """Return the first terms of a sum, and the others as one."""
    rest = parts[most:]
    if not rest:
        return list(parts)
    return [*parts[:most], Part(f"({len(rest)} more)", 0.0, sum(part.adds for part in rest), "all that weighs less")]


def _rows(parts: Sequence[Part]) -> Iterator[tuple[str, str, str, str]]:
    widest = max((abs(part.adds) for part in parts), default=1.0)
    for part in parts:
        value = "" if part.name.startswith("(") else f"{part.value:.2f}"
        yield part.name, value, f"{part.adds:+.2f}", _bar(part.adds, widest)


def _bar(adds: float, widest: float) -> str:
    return ("+" if adds > 0 else "-") * max(1, min(_BAR, round(_BAR * abs(adds) / widest)))


def _verdict(link: Link, threshold: float | None) -> str:
    needed = "" if threshold is None else f"; {threshold:.2f} is needed"
    said = "NIL" if link.target_id is None else "accepted"
    return f"{said}: probability {link.confidence:.2f}{needed}; margin to the runner-up {link.margin:.2f}"


def _by_size(part: Part) -> tuple[float, str]:
    return -abs(part.adds), part.name


def _logistic(total: float) -> float:
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))


def _indented(text: str) -> Iterator[str]:
    return (f"  {line}" for line in text.splitlines())
