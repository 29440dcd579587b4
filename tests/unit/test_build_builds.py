"""The folder of builds: names made of content, one run at a time, nothing left lying about."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from extractors.llm.asker import AskerStats
from kg.build.builds import Builds
from kg.build.executors import InProcess
from kg.build.manifest import Manifest, publish
from kg.build.rejects import read_rejects
from kg.build.report import BuildReport, StageReport
from kg.errors import ArtefactError
from kg.model import Reject, StageCounts
from kg.records import write_jsonl
from tests.parts.finished_builds import finish
from tests.parts.shard_work import Squares, shards
from tests.servers.graph_files import World


def stage(builds: Builds, folder: Path, name: str, numbers: list[int]) -> Manifest:
    """Publish a stage of ``numbers``."""
    parts = shards(numbers, 2, name)
    done = InProcess().map(Squares(builds.folder / "log"), parts, builds.pool, force=False, progress=lambda _: None)
    return publish(builds.pool, parts, [outcome for outcome, _ in done], folder / name)


def build(builds: Builds, **stages: list[int]) -> str:
    """Make a whole build of these stages; return its name."""
    with builds.lock():
        folder = builds.start()
        return builds.finish({name: stage(builds, folder, name, numbers) for name, numbers in stages.items()})


def names(folder: Path) -> set[str]:
    """Return what is in ``folder``."""
    return {path.name for path in folder.iterdir()}


def test_equal_content_has_an_equal_name(tmp_path: Path) -> None:
    """In another folder, after other builds, the name of a build is a function of what it holds."""
    here, there = Builds(tmp_path / "a"), Builds(tmp_path / "b" / "c")
    build(there, one=[7], two=[8])
    assert build(here, one=[1, 2, 3], two=[4]) == build(there, one=[1, 2, 3], two=[4])
    assert build(here, one=[1, 2, 3], two=[5]) != here.artefacts(build(here, one=[1, 2, 3], two=[4])).folder.name


def test_a_finished_build_is_the_latest_and_can_be_read(tmp_path: Path) -> None:
    """Its artefacts are found through its manifests."""
    builds = Builds(tmp_path)
    name = build(builds, one=[1, 2, 3])
    assert builds.latest() == name
    files = builds.artefacts(name).files("one", "table.csv")
    assert [path.name for path in files] == ["table-0000.csv", "table-0001.csv"]


def test_building_the_same_again_keeps_one_folder(tmp_path: Path) -> None:
    """The second run adds no folder and leaves no build in progress."""
    builds = Builds(tmp_path)
    first = build(builds, one=[1])
    before = names(tmp_path)
    assert build(builds, one=[1]) == first
    assert names(tmp_path) == before
    assert builds.in_progress() is None


def test_an_older_build_stays_whole_when_a_newer_one_is_made(tmp_path: Path) -> None:
    """Rolling back needs it."""
    builds = Builds(tmp_path)
    old = build(builds, one=[1])
    build(builds, one=[2])
    assert builds.artefacts(old).file("one", "table.csv").read_text() == "1"


def test_an_unknown_build_is_a_clear_error(tmp_path: Path) -> None:
    """The command that names the builds is in the message."""
    with pytest.raises(ArtefactError, match=r"no build 'bnone' in .*; 'kg status' names"):
        Builds(tmp_path).artefacts("bnone")


def test_an_artefact_that_is_not_there_names_the_stage(tmp_path: Path) -> None:
    """A missing stage and a missing artefact are said with the command that makes them."""
    builds = Builds(tmp_path)
    artefacts = builds.artefacts(build(builds, one=[1]))
    for stage_name, name in (("one", "gone.jsonl"), ("two", "table.csv")):
        said = rf"'{stage_name}' has published no {name}; run 'kg build --from {stage_name}'"
        with pytest.raises(ArtefactError, match=said):
            artefacts.files(stage_name, name)


def test_what_is_served_is_noted_apart_from_what_is_latest(tmp_path: Path) -> None:
    """A build that was not loaded yet is the latest, not the one that is served."""
    builds = Builds(tmp_path)
    first = build(builds, one=[1])
    builds.serve(first)
    second = build(builds, one=[2])
    assert (builds.current(), builds.latest()) == (first, second)


def test_a_pointer_to_a_build_that_was_deleted_points_nowhere(tmp_path: Path) -> None:
    """Somebody cleaned up by hand: that is no build, not a crash."""
    builds = Builds(tmp_path)
    (tmp_path / "LATEST").write_text("bgone\n")
    assert builds.latest() is None


def test_a_second_run_is_kept_out_with_a_clear_message(tmp_path: Path) -> None:
    """While one process builds, another is told so, and gets in afterwards."""
    code = (
        "import sys; from pathlib import Path; from kg.build.builds import Builds\n"
        "with Builds(Path(sys.argv[1])).lock():\n    print('in', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"in\n"
        with (
            pytest.raises(ArtefactError, match=rf"another kg build is running in {tmp_path}; wait for it"),
            Builds(tmp_path).lock(),
        ):
            pass
        other.kill()
    with Builds(tmp_path).lock():
        pass


def test_the_lock_is_freed_by_an_error(tmp_path: Path) -> None:
    """A run that failed does not keep the next one out."""
    with pytest.raises(ZeroDivisionError), Builds(tmp_path).lock():
        raise ZeroDivisionError
    with Builds(tmp_path).lock():
        pass


def test_earlier_stages_are_carried_from_the_latest_build(tmp_path: Path) -> None:
    """'--from two' takes stage one as the last build left it, and nothing else."""
    builds = Builds(tmp_path)
    build(builds, one=[1, 2], two=[3])
    folder = builds.start(carry=["one"])
    assert names(folder) == {"one"}
    progress = builds.in_progress()
    assert progress is not None
    assert progress.sha256("one", "table.csv") == builds.artefacts(str(builds.latest())).sha256("one", "table.csv")


def test_a_build_in_progress_is_carried_before_the_latest(tmp_path: Path) -> None:
    """'--to one' with new input, then '--from two': stage one is the new one."""
    builds = Builds(tmp_path)
    build(builds, one=[1, 2], two=[3])
    new = stage(builds, builds.start(), "one", [9])
    builds.start(carry=["one"])
    progress = builds.in_progress()
    assert progress is not None
    assert progress.manifests["one"] == new


def test_stages_of_two_builds_are_never_mixed(tmp_path: Path) -> None:
    """A build in progress that lacks one of the stages to carry gives way to the latest build as a whole."""
    builds = Builds(tmp_path)
    latest = build(builds, one=[1], two=[2], three=[3])
    stage(builds, builds.start(), "one", [9])
    builds.start(carry=["one", "two"])
    progress = builds.in_progress()
    assert progress is not None
    assert {n: m.digest for n, m in progress.manifests.items()} == {
        n: m.digest for n, m in builds.artefacts(latest).manifests.items() if n != "three"
    }


def test_a_new_run_starts_without_stages_of_an_unfinished_one(tmp_path: Path) -> None:
    """Later stages of an earlier attempt never stand beside new earlier ones."""
    builds = Builds(tmp_path)
    stage(builds, builds.start(), "two", [9])
    assert names(builds.start()) == set()


def test_a_half_carried_stage_is_carried_again(tmp_path: Path) -> None:
    """Killed while carrying: what has no manifest, and half a copy, count as nothing."""
    builds = Builds(tmp_path)
    build(builds, one=[1, 2, 3], two=[3])
    for leftover in ("one", ".one"):
        (tmp_path / "next" / leftover).mkdir(parents=True)
        (tmp_path / "next" / leftover / "table-0000.csv").write_text("half")
    folder = builds.start(carry=["one"])
    assert names(folder) == {"one"}
    assert (folder / "one" / "table-0000.csv").read_text() == "1,2"


def test_leftovers_of_killed_runs_are_removed(tmp_path: Path) -> None:
    """Temporary files and folders of runs that were killed do not pile up."""
    builds = Builds(tmp_path)
    name = build(builds, one=[1])
    before = {path for path in tmp_path.rglob("*") if path.name != "next"}
    (tmp_path / ".LATEST.123.tmp").write_text("b")
    (tmp_path / f".old.{name}").mkdir()
    (builds.pool / "one" / ".abc.xyz").mkdir()
    (builds.pool / "one" / ".abc.xyz" / "half.jsonl").write_text("{")
    builds.start()
    assert {path for path in tmp_path.rglob("*") if path.name != "next"} == before


def test_the_last_run_is_remembered(tmp_path: Path) -> None:
    """'kg status' can show what the last run did."""
    builds = Builds(tmp_path)
    assert builds.last_run() is None
    stages = (StageReport("one", StageCounts(1, 1), 0.5, 1, 0),)
    report = BuildReport("b1", stages, AskerStats(1, 2, 3, 4), gates=("g",))
    builds.folder.mkdir(exist_ok=True)
    builds.write_last_run(report)
    assert builds.last_run() == report
    assert (report.seconds, report.answers.asked) == (0.5, 10)


def test_rejects_before_any_build_are_a_clear_error(tmp_path: Path) -> None:
    """There is nothing to list: the message says what to run."""
    with pytest.raises(ArtefactError, match=r"there is no build in .* yet; run 'kg build' first"):
        read_rejects(Builds(tmp_path))


def test_rejects_that_stopped_the_last_run_are_the_ones_listed(tmp_path: Path) -> None:
    """Too many refused rows stop a run: they are what the user wants to see next; a new run starts without them."""
    builds = Builds(tmp_path)
    reject = Reject("a.csv", 2, "price", "x", "no number", "write 3.49")
    write_jsonl(builds.refused / "rejects.jsonl", [reject])
    assert read_rejects(builds) == [reject]
    builds.start()
    assert not builds.refused.exists()


def test_builds_are_found_by_the_beginning_of_their_name(tmp_path: Path) -> None:
    """A whole name beats one that only begins so; no beginning, or one of several, is an error that names them."""
    builds = Builds(tmp_path)
    for build in ("b1", "b12", "b2f"):
        finish(builds, build, World())
    for age, build in enumerate(("b2f", "b12", "b1")):
        os.utime(tmp_path / build / "project" / "manifest.json", (1_000_000 - age, 1_000_000 - age))
    builds.serve("b12")
    assert [builds.find(name) for name in ("b1", "b12", "b2")] == ["b1", "b12", "b2f"]
    with pytest.raises(ArtefactError, match=r"'b' begins several builds: b2f, b12, b1; give more"):
        builds.find("b")
    for name in ("b3", "", "../b1", "pool"):
        with pytest.raises(ArtefactError, match=r"there are: b2f \(latest\), b12 \(served\), b1"):
            builds.find(name)
    with pytest.raises(ArtefactError, match="run 'kg build'"):
        Builds(tmp_path / "none").find("b1")
