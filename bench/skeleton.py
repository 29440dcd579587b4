"""The whole way through: start-up, the catalogue stage from 100,000 to a million rows, the sample's build and rebuild.

Run with ``python -m bench.skeleton [--quick] [--json]``. The catalogues come from the scale generator beside the
labelled data (real titles, then marked variants: time and memory only). The sample is built from its recorded
answers in a fresh folder; the rebuild is the same command again.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import KG, Run, arguments, median, publish, run
from tests.parts.commands import leave_out_the_live

__all__ = ["main"]

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "scale"
FULL = {"small_rows": 100_000, "large_rows": 1_000_000}
QUICK = {"small_rows": 10_000, "large_rows": 100_000}
CONFIG = """\
catalog: {files: [%s]}
extraction: {max_types: 0, max_intents: 0}
"""


def main() -> None:
    """Measure and print."""
    given = arguments(__doc__ or "")
    sizes = QUICK if given.quick else FULL
    figures: dict[str, float] = {"help_ms": _help_ms()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures |= _catalogue(folder, sizes)
        figures |= _sample(folder / "sample")
    publish("skeleton", sizes, figures, as_json=given.json)


def _help_ms() -> float:
    """Return the median wall time of ``kg --help`` as a whole process, milliseconds."""
    return median([run([*KG, "--help"]).wall_s * 1000 for _ in range(11)])


def _catalogue(folder: Path, sizes: dict[str, int]) -> dict[str, float]:
    """Time the catalogue stage on two sizes; rows/s are per second of CPU, so per core."""
    small, large = (_read(folder, rows) for rows in sizes.values())
    return {
        "catalog_rows_per_s": round(sizes["large_rows"] / large.cpu_s),
        "catalog_rows_per_s_wall": round(sizes["large_rows"] / large.wall_s),
        "catalog_rss_mb_small": round(small.rss_mb),
        "catalog_rss_mb_large": round(large.rss_mb),
        "catalog_rss_ratio_1m_over_100k": round(large.rss_mb / small.rss_mb, 3),
    }


def _read(folder: Path, rows: int) -> Run:
    """Generate a catalogue and run the catalogue stage over it in a process of its own, start-up included."""
    file = folder / f"catalogue-{rows}.csv.gz"
    maker = DATA / "make_scale_catalog.py"
    if not maker.is_file():
        sys.exit(f"the scale generator is missing: expected at {maker}")
    subprocess.run([sys.executable, maker, DATA / "base_titles_open.parquet", file, str(rows)], check=True)
    work = folder / f"shop-{rows}"
    work.mkdir()
    (work / "config.yaml").write_text(CONFIG % file, encoding="utf-8")
    taken = run([*KG, "build", "--quiet", "--to", "catalog", "--config", str(work / "config.yaml")])
    shutil.rmtree(work)
    file.unlink()
    return taken


def _sample(folder: Path) -> dict[str, float]:
    """Build the sample from recorded answers, then again. No model may run: what is not recorded is not asked."""
    run([*KG, "init", "--sample", str(folder)])
    leave_out_the_live(folder)
    command = [*KG, "build", "--json", "--quiet", "--config", str(folder / "config.yaml")]
    first, again = run(command), run(command)
    report = json.loads(again.stdout)
    return {
        "sample_build_s": round(first.wall_s, 2),
        "sample_build_rss_mb": round(first.rss_mb),
        "rebuild_s": round(again.wall_s, 2),
        "rebuild_calls": report["answers"]["live"],
        "rebuild_writes": sum(report["load"][kind] for kind in ("created", "updated", "deleted")),
    }


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    main()
