"""Ties mentions to product types and products of the catalogue that was read last, as ``kg link`` asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.build.builds import Builds
from kg.build.encoding import open_embedder, open_encoder
from kg.build.product_index import SORTING_MB, Catalogue, Making, Steps, newest_catalogue, open_products
from kg.build.settings import LinkingOptions, Workspace
from kg.build.stages.link import open_linker
from kg.config import Options
from kg.errors import ConfigError
from kg.model import Link
from linkers.base import Linker
from linkers.options import LexicalOptions, SemanticOptions
from linkers.products.analyse import Text
from linkers.products.linker import ProductLinker
from linkers.products.registry import build_product_linker

__all__ = ["Answer", "Asked", "Linkers", "open_linkers"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What to link to, and what beats the configuration.

    ``linker`` is the name of one; ``precision`` the share of accepted links to products that are to be right;
    ``products_kept`` the least number of candidate products that a link keeps.
    """

    types: bool = True
    products: bool = True
    linker: str | None = None
    precision: float | None = None
    products_kept: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What one mention was linked to; ``None``: it was not asked for."""

    mention: str
    type: Link | None
    product: Link | None


@dataclass(frozen=True, slots=True)
class Linkers:
    """The opened linkers; ``None`` for what was not asked for.

    ``type_threshold`` is the probability from which a type is accepted; ``None``: it has none.
    """

    types: Linker | None
    products: ProductLinker | None
    type_threshold: float | None = None

    def answers(self, texts: Sequence[Text]) -> list[Answer]:
        """Return what each mention or offer is linked to, in order. Types go by the title alone."""
        titles = [text.title for text in texts]
        kinds: Sequence[Link | None] = self.types.link_all(titles) if self.types else [None] * len(texts)
        products: Sequence[Link | None] = self.products.link_all(texts) if self.products else [None] * len(texts)
        return [Answer(*found) for found in zip(titles, kinds, products, strict=True)]


def open_linkers(workspace: Workspace, asked: Asked, steps: Steps) -> Linkers:
    """Return the linkers over the catalogue that was read last; ``steps`` is told how a new index comes along.

    Raises:
        ArtefactError: no catalogue was read yet.
        ConfigError: the linker has no precision to set.
        InputError: the configured model cannot be read.
        ModelError: the configured encoder cannot be asked.
    """
    builds = Builds(workspace.builds)
    catalogue = newest_catalogue(builds)
    products = _products(workspace, asked, builds.folder / "indexes", catalogue, steps) if asked.products else None
    if not asked.types:
        return Linkers(None, products)
    options = _type_options(workspace.settings.linking, asked)
    chosen: Options = getattr(options, options.linker)
    threshold = chosen.threshold if isinstance(chosen, LexicalOptions | SemanticOptions) else None
    types = open_linker(options, catalogue.types, catalogue.products, open_embedder(workspace))
    return Linkers(types, products, threshold)


def _type_options(options: LinkingOptions, asked: Asked) -> LinkingOptions:
    name = asked.linker or options.linker
    chosen = getattr(options, name)
    kept = chosen.model_copy(update={"explain": max(1, chosen.explain)})
    return options.model_copy(update={"linker": name, name: kept})


def _products(workspace: Workspace, asked: Asked, folder: Path, catalogue: Catalogue, steps: Steps) -> ProductLinker:
    options = workspace.product_linking()
    name = asked.linker or options.linker
    chosen = options.model_copy(update={"linker": name}).chosen()
    chosen["explain"] = max(chosen["explain"], asked.products_kept)
    if asked.precision is not None:
        if "precision" not in chosen:
            raise ConfigError(
                f"the linker {name!r} decides without a precision",
                remedy="leave --precision out, or take --linker hybrid",
            )
        chosen |= {"precision": asked.precision, "threshold": None}
    settings = workspace.settings
    making = Making(settings.build.workers, max(SORTING_MB, settings.catalog.memory_mb))
    index = open_products(folder, catalogue, making, steps, open_encoder(workspace))
    return build_product_linker(name, chosen, index)
