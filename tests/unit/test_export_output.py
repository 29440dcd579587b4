"""Exports appear whole or not at all, and replace nothing that is not theirs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kg.errors import InputError
from kg.store.export.output import MARK, new_output
from tests.servers.graph_files import small_world, write_world


def fill(out: Path, *, folder: bool, force: bool = False, text: str = "a\n", fail: bool = False) -> None:
    """Write a small export."""
    with new_output(out, folder=folder, force=force) as output:
        with output.file("x/one.txt" if folder else "") as sink:
            sink.text(text, rows=1)
            if fail:
                raise ValueError("stopped")
        output.seal("test", "b1")


def names(folder: Path) -> list[str]:
    """Return everything below ``folder``, hidden or not."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("folder", [True, False])
def test_what_fails_leaves_nothing(folder: bool, tmp_path: Path) -> None:
    """An export that breaks off is gone, and what was there before is still there."""
    out = tmp_path / "deep" / "out"
    with pytest.raises(ValueError, match="stopped"):
        fill(out, folder=folder, fail=True)
    assert names(tmp_path) == ["deep"]
    fill(out, folder=folder)
    before = names(tmp_path)
    with pytest.raises(ValueError, match="stopped"):
        fill(out, folder=folder, force=True, text="b\n", fail=True)
    assert names(tmp_path) == before
    assert (out / "x" / "one.txt" if folder else out).read_text() == "a\n"


@pytest.mark.parametrize("folder", [True, False])
def test_what_is_there_is_replaced_only_by_force(folder: bool, tmp_path: Path) -> None:
    """A second export to the same place is refused, with the remedy; --force replaces the first."""
    out = tmp_path / "out"
    fill(out, folder=folder)
    with pytest.raises(InputError, match=r"out: is there already; .*--force"):
        fill(out, folder=folder, text="b\n")
    fill(out, folder=folder, force=True, text="b\n")
    assert (out / "x" / "one.txt" if folder else out).read_text() == "b\n"
    assert [name for name in names(tmp_path) if name.startswith(".")] == []


def test_force_never_replaces_what_is_no_export(tmp_path: Path) -> None:
    """A folder of somebody's own, and one where a file should be, stay as they are; an empty folder may be filled."""
    mine = tmp_path / "mine"
    mine.mkdir()
    fill(mine, folder=True, force=True)
    (mine / MARK).unlink()
    with pytest.raises(InputError, match="is no export"):
        fill(mine, folder=True, force=True)
    with pytest.raises(InputError, match="is a folder, and the export is a file"):
        fill(mine, folder=False, force=True)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="is a file, and the export is a folder"):
        fill(tmp_path / "file", folder=True, force=True)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_says_what_it_is(tmp_path: Path) -> None:
    """export.json names format, build and files with their rows and bytes."""
    fill(tmp_path / "out", folder=True)
    assert json.loads((tmp_path / "out" / MARK).read_text()) == {
        "format": "test", "build": "b1", "files": [{"name": "x/one.txt", "rows": 1, "bytes": 2}],
    }  # fmt: skip


def test_compressed_files_hold_neither_name_nor_time(tmp_path: Path) -> None:
    """Equal content has equal bytes, whatever the file is called and whenever it is written."""
    for name in ("a", "b"):
        with new_output(tmp_path / name, folder=False, force=False) as output, output.file(compress=True) as sink:
            sink.lines(["x"] * 1000)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes()[:2] == b"\x1f\x8b"


FULL = """
import resource, sys
from pathlib import Path
from kg.errors import InputError
from kg.store.export.registry import FORMATS
from kg.store.export.run import Asked, export
from tests.parts.export_options import WIDEST
from tests.servers.graph_files import files_in
folder, name = Path(sys.argv[1]), sys.argv[2]
resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
try:
    export(files_in(folder / "build"), Asked(name, "b1", folder / "out", WIDEST[name]))
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize("name", ["neo4j-admin", "graphml", "jsonld", "parquet", "qa"])
def test_a_full_disk_is_an_error_with_a_remedy(name: str, tmp_path: Path) -> None:
    """When the system takes no more bytes, one line says so, and nothing of the export stays."""
    write_world(tmp_path / "build", small_world())
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), name], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-1500:]
    assert "out: there is no room for it (File too large), and nothing of it was kept; " in done.stdout
    assert "free some space" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build"]
