"""catalog: input files -> validated products, product types, intents, co-purchase support, rejects."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from kg.build.settings import Workspace
from kg.build.shards import Outcome, Progress, Shard
from kg.build.stages.base import Artefacts
from kg.catalog.catalogue import read_catalog
from kg.catalog.engagement import read_engagement
from kg.catalog.intents import read_intents
from kg.catalog.options import CatalogOptions
from kg.errors import InputError
from kg.records import digest, file_digest, write_jsonl

__all__ = ["CatalogStage"]

_VERSION = 1


@dataclass(frozen=True)
class CatalogStage:
    """One shard: product types and duplicate ids are properties of the whole catalogue."""

    workspace: Workspace
    name: str = "catalog"
    waits: bool = False

    def plan(self, before: Artefacts) -> list[Shard]:
        """See :class:`Stage`. Reads every input once, for its hash."""
        settings = self.workspace.settings
        inputs = [(path.name, _hash(path)) for path in self._inputs()]
        options = [o.model_dump(mode="json") for o in (settings.catalog, settings.intents, settings.engagement)]
        return [Shard(self.name, 0, digest(self.name, _VERSION, inputs, options), payload=None)]

    def __call__(self, shard: Shard, out: Path, progress: Progress | None = None) -> Outcome:
        """See :class:`Stage`."""
        settings = self.workspace.settings
        catalogue = read_catalog(self.workspace.catalog_files(), self._catalog_options(), out, progress)
        details = {"types": catalogue.types, "categories": catalogue.categories, "untyped": catalogue.other}
        counts = catalogue.counts
        if settings.intents.file:
            report = read_intents(self.workspace.path(settings.intents.file), out)
            details["intents"] = report.counts.kept
            counts += report.counts
        else:
            write_jsonl(out / "intents.jsonl", [])
        if settings.engagement.file:
            support = read_engagement(
                self.workspace.path(settings.engagement.file), out / "products.parquet", settings.engagement, out
            )
            details["type_pairs_bought_together"] = support.type_pairs
            counts += support.counts
        else:
            write_jsonl(out / "type_support.jsonl", [])
        return Outcome(counts, {**details, "products": asdict(catalogue.counts)})

    def _catalog_options(self) -> CatalogOptions:
        options = self.workspace.settings.catalog
        if options.types_table is None:
            return options
        return options.model_copy(update={"types_table": str(self.workspace.path(options.types_table))})

    def _inputs(self) -> list[Path]:
        settings = self.workspace.settings
        extra = (settings.catalog.types_table, settings.intents.file, settings.engagement.file)
        return self.workspace.catalog_files() + [self.workspace.path(name) for name in extra if name]


def _hash(path: Path) -> str:
    try:
        return file_digest(path)
    except FileNotFoundError as error:
        raise InputError("no such file", file=str(path), remedy="check the path in config.yaml") from error
    except (IsADirectoryError, PermissionError) as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(path)) from error
