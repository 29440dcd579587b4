"""The linkers of products there are. A new one is its options, the function that makes it, and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

from kg.config import Options, RawConfig, did_you_mean, validate
from kg.errors import ConfigError
from linkers.products.candidates import Search
from linkers.products.deciders import EqualTitles, ModelDecider, NearestMeaning
from linkers.products.index import ProductIndex
from linkers.products.linker import ProductLinker, Settings
from linkers.products.model import default_model, load_model
from linkers.products.options import ExactProducts, HybridProducts, LexicalProducts, SemanticProducts

__all__ = ["DEFAULT_PRODUCT_LINKER", "PRODUCT_LINKERS", "build_product_linker"]

DEFAULT_PRODUCT_LINKER = "hybrid"
_Build = Callable[[str, Options, ProductIndex], ProductLinker]


def _exact(name: str, options: Options, index: ProductIndex) -> ProductLinker:
    given = cast("ExactProducts", options)
    settings = Settings(0.5, 0.0, given.max_length, given.explain, Search(shared=50, nearest=0))
    return ProductLinker(name, index, settings, EqualTitles())


def _by_model(name: str, options: Options, index: ProductIndex) -> ProductLinker:
    given = cast("LexicalProducts", options)
    model = load_model(Path(given.model)) if given.model else default_model()
    threshold = model.threshold(given.precision) if given.threshold is None else given.threshold
    near = given.neighbours if isinstance(given, HybridProducts) else 0
    search = Search(shared=given.candidates, nearest=near)
    settings = Settings(threshold, given.margin, given.max_length, given.explain, search)
    return ProductLinker(name, index, settings, ModelDecider(model))


def _semantic(name: str, options: Options, index: ProductIndex) -> ProductLinker:
    given = cast("SemanticProducts", options)
    search = Search(shared=0, nearest=given.neighbours)
    settings = Settings(given.threshold, given.margin, given.max_length, given.explain, search)
    return ProductLinker(name, index, settings, NearestMeaning(given.midpoint, given.steepness))


PRODUCT_LINKERS: Mapping[str, tuple[type[Options], _Build]] = {
    "exact": (ExactProducts, _exact),
    "hybrid": (HybridProducts, _by_model),
    "lexical": (LexicalProducts, _by_model),
    "semantic": (SemanticProducts, _semantic),
}


def build_product_linker(name: str, options: Mapping[str, object], index: ProductIndex) -> ProductLinker:
    """Return the linker registered as ``name`` over an index.

    Raises:
        ConfigError: no such linker, or an option it does not know or that is out of range.
        InputError: the model it is told to use cannot be read.
    """
    if name not in PRODUCT_LINKERS:
        raise ConfigError(f"unknown linker of products {name!r}", remedy=did_you_mean(name, PRODUCT_LINKERS))
    kind, build = PRODUCT_LINKERS[name]
    return build(name, validate(RawConfig(f"options of linker {name}", dict(options)), kind), index)
