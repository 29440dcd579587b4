"""The whole configuration, put together from what each component declares."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, field_validator

from extractors.llm.embedding_options import EncoderOptions
from extractors.llm.options import ModelOptions
from extractors.options import ExtractionOptions
from kg.catalog.options import AttributeOptions, CatalogOptions, EngagementOptions, IntentOptions
from kg.catalog.vocabulary import Vocabulary, load_vocabulary
from kg.config import Options, did_you_mean, load_yaml, validate
from kg.curation.options import CurationOptions
from kg.errors import ConfigError, InputError
from kg.graph.options import CheckOptions, ProjectionOptions
from kg.store.options import StoreOptions
from linkers.options import ExactOptions, HybridOptions, LexicalOptions, SemanticOptions
from linkers.products.options import ExactProducts, HybridProducts, LexicalProducts, SemanticProducts
from linkers.registry import DEFAULT_LINKER, LINKER_OPTIONS

__all__ = ["BuildOptions", "LinkingOptions", "ProductLinking", "Settings", "Workspace", "effective", "open_workspace"]


def _known_linker(name: str, names: Iterable[str]) -> str:
    known = frozenset(names)
    if name not in known:
        raise ValueError(f"no such linker; {did_you_mean(name, known)}")
    return name


class _OneOfLinkers(Options):
    """The name of a linker, and the settings of each under its name."""

    linker: str

    def chosen(self) -> dict[str, Any]:
        """Return the settings of the chosen linker."""
        options: Options = getattr(self, self.linker)
        return options.model_dump()


class ProductLinking(_OneOfLinkers):
    """Which linker ties mentions to single products ('kg link'), and the settings of each."""

    linker: str = Field(default="hybrid", description="one of exact, hybrid, lexical, semantic")
    exact: ExactProducts = ExactProducts()
    lexical: LexicalProducts = LexicalProducts()
    semantic: SemanticProducts = SemanticProducts()
    hybrid: HybridProducts = HybridProducts()

    @field_validator("linker")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return _known_linker(name, cls.model_fields.keys() - {"linker"})


class LinkingOptions(_OneOfLinkers):
    """Which linker ties mentions to product types, and the settings of each."""

    linker: str = Field(default=DEFAULT_LINKER, description=f"one of {', '.join(sorted(LINKER_OPTIONS))}")
    exact: ExactOptions = ExactOptions()
    lexical: LexicalOptions = LexicalOptions()
    semantic: SemanticOptions = SemanticOptions()
    hybrid: HybridOptions = HybridOptions()
    encoder: EncoderOptions = EncoderOptions()
    products: ProductLinking = ProductLinking()

    @field_validator("linker")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return _known_linker(name, LINKER_OPTIONS)


class BuildOptions(Options):
    """Where builds are kept, and how they are run."""

    folder: str = Field(default="builds", description="artefacts of every build; safe to inspect, not to edit")
    workers: int = Field(default=2, ge=1, le=256, description="processes for work on this machine")
    max_failed_share: float = Field(
        default=0.01, ge=0, le=1, description="share of questions that may fail before a run exits with 3"
    )


class Settings(Options):
    """All settings; every component's own options under its name."""

    catalog: CatalogOptions = CatalogOptions()
    intents: IntentOptions = IntentOptions()
    engagement: EngagementOptions = EngagementOptions()
    attributes: AttributeOptions = AttributeOptions()
    models: ModelOptions = ModelOptions()
    extraction: ExtractionOptions = ExtractionOptions()
    linking: LinkingOptions = LinkingOptions()
    curation: CurationOptions = CurationOptions()
    checks: CheckOptions = CheckOptions()
    projection: ProjectionOptions = ProjectionOptions()
    store: StoreOptions = StoreOptions()
    build: BuildOptions = BuildOptions()


@dataclasses.dataclass(frozen=True, slots=True)
class Workspace:
    """A configuration and the folder its relative paths start from: the folder of ``config.yaml``."""

    config: Path
    settings: Settings

    @property
    def folder(self) -> Path:
        """The folder of the configuration file."""
        return self.config.parent

    @property
    def builds(self) -> Path:
        """The folder of all builds."""
        return self.path(self.settings.build.folder)

    @property
    def answers(self) -> Path:
        """The answer cache."""
        return self.path(self.settings.extraction.answers)

    def path(self, name: str | Path) -> Path:
        """Return a path from the configuration, relative ones starting at its folder."""
        return self.folder / Path(name).expanduser()

    def recorded_answers(self) -> Path | None:
        """Return the export of recorded answers to start from, if one is configured.

        Raises:
            InputError: it is not there.
        """
        name = self.settings.extraction.recorded_answers
        if not name:
            return None
        if not self.path(name).is_file():
            raise InputError(
                "the recorded answers are missing",
                file=str(self.path(name)),
                remedy="check extraction.recorded_answers, or set it to null",
            )
        return self.path(name)

    def vocabulary(self) -> Vocabulary:
        """Return the vocabulary of attributes: ours, with the configured file laid over it.

        Raises:
            ConfigError: the file is not there, or every mistake in it, one a line.
        """
        name = self.settings.attributes.vocabulary
        if not name:
            return load_vocabulary()
        if not self.path(name).is_file():
            raise ConfigError(
                f"{self.config}: attributes.vocabulary: there is no file {str(self.path(name))!r}",
                remedy="check the path, or set it to null",
            )
        return load_vocabulary(self.path(name))

    def model_options(self) -> ModelOptions:
        """Return the model's settings with the path of its weights resolved."""
        models = self.settings.models
        if models.embedded.path is None:
            return models
        resolved = models.embedded.model_copy(update={"path": str(self.path(models.embedded.path))})
        return models.model_copy(update={"embedded": resolved})

    def product_linking(self) -> ProductLinking:
        """Return the settings of the linkers of products with the paths of their models resolved."""
        products = self.settings.linking.products
        update: dict[str, LexicalProducts] = {}
        for name in ("lexical", "hybrid"):
            options: LexicalProducts = getattr(products, name)
            if options.model is not None:
                update[name] = options.model_copy(update={"model": str(self.path(options.model))})
        return products.model_copy(update=update)

    def store_options(self) -> StoreOptions:
        """Return the store's settings with the embedded graph's folder resolved."""
        store = self.settings.store
        return store.model_copy(update={"path": self.path(store.path)})

    def catalog_files(self) -> list[Path]:
        """Return the catalogue files, patterns resolved, in a fixed order.

        Raises:
            ConfigError: none is configured, or a pattern matches nothing.
        """
        names = self.settings.catalog.files
        if not names:
            raise ConfigError(
                f"{self.config}: catalog.files: no catalogue is configured",
                remedy="name a CSV, TSV, JSONL or Parquet file there",
            )
        return list(dict.fromkeys(path for name in names for path in self._matching(name)))

    def _matching(self, name: str) -> list[Path]:
        if not any(mark in name for mark in "*?[") or self.path(name).is_file():
            return [self.path(name)]
        pattern = Path(name).expanduser()
        base = Path(pattern.anchor) if pattern.is_absolute() else self.folder
        relative = pattern.relative_to(base) if pattern.is_absolute() else pattern
        found = sorted(path for path in base.glob(str(relative)) if path.is_file())
        if not found:
            raise ConfigError(
                f"{self.config}: catalog.files: nothing matches {name!r}", remedy=f"paths start at {self.folder}"
            )
        return found


def open_workspace(config: Path, environ: Mapping[str, str] | None = None) -> Workspace:
    """Return the workspace of a configuration file.

    Raises:
        ConfigError: every mistake in the file, one a line.
    """
    raw = load_yaml(config, environ)
    return Workspace(config, validate(raw, Settings))


def effective(settings: Settings) -> dict[str, Any]:
    """Return every setting with its value, secrets masked, as plain data."""
    return _masked(settings.model_dump(mode="python"))


def _masked(value: Any) -> Any:  # noqa: ANN401 - plain data of any shape
    if isinstance(value, SecretStr):
        return "**********" if value.get_secret_value() else ""
    if isinstance(value, dict):
        return {str(name): _masked(inner) for name, inner in value.items()}  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
    if isinstance(value, list | tuple | frozenset | set):
        return [_masked(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    return str(value) if isinstance(value, Path) else value
