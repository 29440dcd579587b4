"""Examine everything a build needs, without changing any of it."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from extractors.llm import probe, weights
from extractors.llm.cache import AnswerCache
from extractors.llm.embeddings import EndpointEmbedder
from kg.build.settings import Workspace, open_workspace
from kg.errors import KgError
from kg.store.stores import open_store

__all__ = ["Finding", "examine"]

_PACKAGES = ("product-kg", "neo4j", "neo4j-rust-ext", "langchain", "openai", "duckdb")
_LOCAL = ("arcadedb", "xllamacpp")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    state: Literal["ok", "warning", "error"]
    detail: str
    remedy: str = ""


def examine(config: Path) -> list[Finding]:
    """Return what was found, in the order in which a build would meet it; never raises for what it examines."""
    findings = [*_versions()]
    try:
        workspace = open_workspace(config)
    except KgError as error:
        return [*findings, Finding("configuration", "error", error.reason, error.remedy)]
    findings.append(Finding("configuration", "ok", str(config)))
    for subject, check in _CHECKS.items():
        try:
            findings += check(workspace)
        except KgError as error:
            findings.append(Finding(subject, "error", error.reason, error.remedy))
    return findings


def _versions() -> Iterator[Finding]:
    yield Finding("python", "ok", platform.python_version())
    found = [f"{name} {version(name)}" for name in _PACKAGES]
    yield Finding("packages", "ok", ", ".join(found))
    for name in _LOCAL:
        try:
            yield Finding("local extra", "ok", f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Finding("local extra", "warning", f"{name} is not installed", "pip install 'product-kg[local]'")


def _inputs(workspace: Workspace) -> Iterator[Finding]:
    settings = workspace.settings
    named = [("catalogue", path) for path in workspace.catalog_files()]
    optional = (
        ("intents", settings.intents.file),
        ("engagement", settings.engagement.file),
        ("decisions", settings.curation.decisions),
        ("types table", settings.catalog.types_table),
        ("recorded", settings.extraction.recorded_answers),
    )
    named += [(subject, workspace.path(name)) for subject, name in optional if name]
    for subject, path in named:
        if path.is_file():
            yield Finding(subject, "ok", f"{path} ({path.stat().st_size:,} bytes)")
        else:
            yield Finding(subject, "error", f"{path} is missing", "check the path in the configuration")


def _model(workspace: Workspace) -> Iterator[Finding]:
    models = workspace.model_options()
    if models.is_embedded:
        file = weights.find(models.embedded.model, models.embedded.path)
        if file is None:
            detail = f"the weights of {models.embedded.model} are not here yet"
            yield Finding("model", "warning", detail, f"kg model fetch {models.embedded.model} (or the build will)")
        else:
            yield Finding("model", "ok", f"embedded, {file}")
    else:
        yield Finding("model", "ok", f"{models.name} at {models.base_url or models.provider}: {probe.ask(models)}")


def _encoder(workspace: Workspace) -> Iterator[Finding]:
    options = workspace.settings.linking.encoder
    if options.base_url is None:
        return
    width = EndpointEmbedder(options).encode(["tea"]).shape[1]  # nothing is kept, so that it is really asked
    yield Finding("encoder", "ok", f"{options.model} at {options.base_url}: {width:,} numbers a text")


def _answers(workspace: Workspace) -> Iterator[Finding]:
    if not workspace.answers.is_file():
        yield Finding("answers", "ok", f"none yet; they will be kept in {workspace.answers}")
        return
    cache = AnswerCache(workspace.answers)
    stats = cache.stats()
    cache.close()
    yield Finding("answers", "ok", ", ".join(f"{s.answers:,} of {s.model}" for s in stats) or "none yet")


def _graph(workspace: Workspace) -> Iterator[Finding]:
    options = workspace.store_options()
    if options.kind == "embedded" and not options.path.is_dir():
        yield Finding("graph", "ok", f"embedded: none yet; it will be made in {options.path}")
        return
    with open_store(options) as store:
        info = store.info()
    yield Finding("graph", "ok", f"{info.kind}: {info.agent} {info.version} at {info.where}")


_CHECKS: dict[str, Callable[[Workspace], Iterator[Finding]]] = {
    "inputs": _inputs,
    "model": _model,
    "encoder": _encoder,
    "answers": _answers,
    "graph": _graph,
}
