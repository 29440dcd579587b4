"""Publishing a stage: readable names, hashes, counts, and the manifest last."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kg.build.executors import InProcess
from kg.build.manifest import Manifest, publish, read_manifest, unpublish
from kg.build.shards import Shard
from kg.errors import ArtefactError
from kg.model import StageCounts
from kg.records import file_digest
from tests.parts.shard_work import Squares, shards


def published(tmp_path: Path, parts: list[Shard], name: str = "squares", complete: bool = True) -> Manifest:
    """Run and publish ``parts``."""
    work = Squares(tmp_path / "log", complete=complete)
    done = InProcess().map(work, parts, tmp_path / "pool", force=False, progress=lambda _: None)
    return publish(tmp_path / "pool", parts, [outcome for outcome, _ in done], tmp_path / "next" / name)


def test_one_shard_keeps_the_plain_names(tmp_path: Path) -> None:
    """A reader finds squares.jsonl, not a numbered part."""
    manifest = published(tmp_path, shards([1, 2], 2))
    assert [a.file for a in manifest.artefacts] == ["squares.jsonl", "table.csv"]


def test_several_shards_are_numbered_parts_in_order(tmp_path: Path) -> None:
    """The parts of an artefact are given in the order of the shards."""
    manifest = published(tmp_path, shards(list(range(24)), 2))
    files = manifest.files(tmp_path / "next" / "squares", "squares.jsonl")
    assert [file.name for file in files] == [f"squares-{n:04}.jsonl" for n in range(12)]
    assert b"".join(file.read_bytes() for file in files).count(b"\n") == 24


def test_a_manifest_holds_hashes_sizes_counts_and_figures(tmp_path: Path) -> None:
    """Every file is named with its sha256 and size; counts and figures of the shards are added up."""
    manifest = published(tmp_path, shards([1, 2, 3, 4], 2))
    folder = tmp_path / "next" / "squares"
    for artefact in manifest.artefacts:
        assert artefact.sha256 == file_digest(folder / artefact.file)
        assert artefact.size == (folder / artefact.file).stat().st_size
    assert manifest.counts == StageCounts(4, kept=4)
    assert manifest.details == {"numbers": 4, "by_parity": {"odd": 2}, "last": "x"}
    assert manifest == read_manifest(folder)


def test_a_stage_with_an_incomplete_shard_is_incomplete(tmp_path: Path) -> None:
    """The manifest says that answers are missing."""
    assert published(tmp_path, shards([1, 2], 1)).complete
    assert not published(tmp_path / "other", shards([1, 2], 1), complete=False).complete


def test_a_stage_without_shards_is_published_empty(tmp_path: Path) -> None:
    """Nothing to do is a result, too."""
    assert published(tmp_path, []).artefacts == ()


def test_files_are_shared_with_the_pool(tmp_path: Path) -> None:
    """Builds that share a shard share its bytes on disk."""
    published(tmp_path, shards([1], 1))
    assert (tmp_path / "next" / "squares" / "table.csv").stat().st_nlink == 2


def test_files_are_copied_where_they_cannot_be_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without hard links works just as well."""

    def refuse(source: object, target: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    published(tmp_path, shards([1], 1))
    assert (tmp_path / "next" / "squares" / "table.csv").read_text() == "1"


def test_publishing_again_leaves_nothing_of_before(tmp_path: Path) -> None:
    """Twelve parts, then one: no old part stays beside it."""
    published(tmp_path, shards(list(range(12)), 1))
    published(tmp_path, shards([1], 1))
    names = {path.name for path in (tmp_path / "next" / "squares").iterdir()}
    assert names == {"squares.jsonl", "table.csv", "manifest.json"}


def test_the_digest_depends_on_the_content_alone(tmp_path: Path) -> None:
    """Another place, the same content: the same digest; one number more: another."""
    one = published(tmp_path / "a", shards([1, 2], 1)).digest
    assert published(tmp_path / "b" / "c", shards([1, 2], 1)).digest == one
    assert published(tmp_path / "d", shards([1, 3], 1)).digest != one
    assert published(tmp_path / "e", shards([1, 2], 2)).digest != one
    assert published(tmp_path / "f", shards([1, 2], 1), name="cubes").digest != one


def test_a_stage_that_was_not_published_has_no_manifest(tmp_path: Path) -> None:
    """Not there is no error: the pipeline decides what it means."""
    assert read_manifest(tmp_path / "nowhere") is None


def test_a_damaged_manifest_names_the_file(tmp_path: Path) -> None:
    """A manifest that cannot be read is loud."""
    published(tmp_path, shards([1], 1))
    (tmp_path / "next" / "squares" / "manifest.json").write_text('{"stage": 3}')
    with pytest.raises(ArtefactError, match=r"squares/manifest\.json: not a Manifest: .*; remove the folder"):
        read_manifest(tmp_path / "next" / "squares")


def test_a_stage_that_is_being_removed_counts_as_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest goes first, so that a kill in between cannot leave one that names files that are not there."""
    published(tmp_path, shards([1], 1))
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)
    unpublish(tmp_path / "next" / "squares")
    assert read_manifest(tmp_path / "next" / "squares") is None
