"""catalog: input files -> validated products, product types, intents, co-purchase support, rejects."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from kg.build.builds import Builds
from kg.build.settings import Workspace
from kg.build.shards import Outcome, Progress, Shard
from kg.build.stages.base import Artefacts
from kg.catalog.catalogue import read_catalog
from kg.catalog.engagement import read_engagement
from kg.catalog.intents import read_intents
from kg.catalog.options import CatalogOptions
from kg.errors import InputError
from kg.model import Reject, StageCounts
from kg.records import digest, file_digest, read_jsonl, write_jsonl

__all__ = ["CatalogStage"]

_VERSION = 4


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
        """See :class:`Stage`.

        Raises:
            InputError: a file cannot be used, or too many rows were refused; those are kept in ``Builds.refused``.
        """
        try:
            counts, details = self._read(out, progress)
        except InputError as error:
            raise self._with_rejects_kept(error, out) from error
        self._shorten_names(out)
        return Outcome(counts, details)

    def _read(self, out: Path, progress: Progress | None) -> tuple[StageCounts, dict[str, Any]]:
        settings = self.workspace.settings
        catalogue = read_catalog(self.workspace.catalog_files(), self._catalog_options(), out, progress)
        counts = catalogue.counts
        details: dict[str, Any] = {"types": catalogue.types, "categories": catalogue.categories}
        details["untyped"] = catalogue.other
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
        return counts, {**details, "products": asdict(catalogue.counts)}

    def _with_rejects_kept(self, error: InputError, out: Path) -> InputError:
        """Move the rejects out of the shard's folder, which goes, and say where they are."""
        refused = Builds(self.workspace.builds).refused
        for path in sorted(out.glob("*rejects.jsonl")):
            refused.mkdir(parents=True, exist_ok=True)
            shutil.move(path, refused / path.name)
        remedy = error.remedy.replace(str(out), str(refused))
        return InputError(error.reason, file=error.file, line=error.line, field=error.field, remedy=remedy)

    def _shorten_names(self, out: Path) -> None:
        """Name files as the configuration does: the artefact must not depend on where the command is run."""
        names = {str(path): path.relative_to(self.workspace.folder).as_posix() for path in self._within()}
        for path in sorted(out.glob("*rejects.jsonl")) if names else ():
            write_jsonl(path, (_renamed(reject, names) for reject in read_jsonl(path, Reject)))

    def _within(self) -> Iterator[Path]:
        """Yield the input files inside the configuration's folder whose names say how to get there."""
        folder = self.workspace.folder
        yield from (path for path in self._inputs() if path.is_relative_to(folder) and folder != Path())

    def _catalog_options(self) -> CatalogOptions:
        options = self.workspace.settings.catalog
        if options.types_table is None:
            return options
        return options.model_copy(update={"types_table": str(self.workspace.path(options.types_table))})

    def _inputs(self) -> list[Path]:
        settings = self.workspace.settings
        extra = (settings.catalog.types_table, settings.intents.file, settings.engagement.file)
        return self.workspace.catalog_files() + [self.workspace.path(name) for name in extra if name]


def _renamed(reject: Reject, names: dict[str, str]) -> Reject:
    remedy = reject.remedy
    for full, short in names.items():
        remedy = remedy.replace(full, short)
    return replace(reject, file=names.get(reject.file, reject.file), remedy=remedy)


def _hash(path: Path) -> str:
    try:
        return file_digest(path)
    except FileNotFoundError as error:
        raise InputError("no such file", file=str(path), remedy="check the path in config.yaml") from error
    except (IsADirectoryError, PermissionError) as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(path)) from error
