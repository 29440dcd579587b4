"""The whole configuration, put together from what each component declares."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr

from extractors.llm.options import ModelOptions
from extractors.options import ExtractionOptions
from kg.catalog.options import CatalogOptions, EngagementOptions, IntentOptions
from kg.config import Options, load_yaml, validate
from kg.curation.options import CurationOptions
from kg.errors import ConfigError
from kg.graph.options import ProjectionOptions
from kg.store.options import StoreOptions
from linkers.options import ExactOptions, HybridOptions, LexicalOptions, SemanticOptions
from linkers.registry import DEFAULT_LINKER, LINKER_OPTIONS

__all__ = ["BuildOptions", "LinkingOptions", "Settings", "Workspace", "effective", "open_workspace"]


class LinkingOptions(Options):
    """Which linker ties mentions to product types, and the settings of each."""

    linker: str = Field(default=DEFAULT_LINKER, description=f"one of {', '.join(sorted(LINKER_OPTIONS))}")
    exact: ExactOptions = ExactOptions()
    lexical: LexicalOptions = LexicalOptions()
    semantic: SemanticOptions = SemanticOptions()
    hybrid: HybridOptions = HybridOptions()

    def chosen(self) -> dict[str, Any]:
        """Return the settings of the chosen linker."""
        options: Options | None = getattr(self, self.linker, None)
        if not isinstance(options, Options):
            raise ConfigError(
                f"linking.linker: no linker {self.linker!r}", remedy=f"take one of {', '.join(sorted(LINKER_OPTIONS))}"
            )
        return options.model_dump()


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
    models: ModelOptions = ModelOptions()
    extraction: ExtractionOptions = ExtractionOptions()
    linking: LinkingOptions = LinkingOptions()
    curation: CurationOptions = CurationOptions()
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
        return [path for name in names for path in self._matching(name)]

    def _matching(self, name: str) -> list[Path]:
        if not any(mark in name for mark in "*?["):
            return [self.path(name)]
        base = Path(self.path(name).anchor) if Path(name).is_absolute() else self.folder
        found = sorted(base.glob(str(Path(name).relative_to(base)) if Path(name).is_absolute() else name))
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
