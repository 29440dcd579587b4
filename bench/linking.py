"""Linking mentions to a million products: speed, memory, what is found, and how cost grows with the catalogue.

Run with ``python -m bench.linking [--quick] [--json]``. The catalogue is made of real titles and generated variants of
them, with planted products whose mentions mean just one (:mod:`bench.scale_catalogue`). Every step runs in a process of
its own. ``mentions_per_s_per_core`` is for one half title-like mentions, one half of one to three words, in the best of
four passes: on machines that share their processors a pass may take half as long again as the next one, and the first
one fetches pages. ``growth`` is the CPU for one mention at the full size over that at a tenth of it. ``recall_at_10``
counts planted mentions whose product is among the first ten candidates.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bench.measure import arguments, publish
from bench.scale_catalogue import make
from bench.steps import step

__all__ = ["main"]

FULL = {"products": 1_000_000, "small": 100_000, "planted": 2_000}
QUICK = {"products": 50_000, "small": 5_000, "planted": 500}
_WORK = "bench.linking_work"


def main() -> None:
    """Measure and print."""
    given = arguments(__doc__ or "")
    sizes = QUICK if given.quick else FULL
    with tempfile.TemporaryDirectory() as name:
        figures = _figures(Path(name), sizes)
    publish("linking", sizes, figures, as_json=given.json)


def _figures(folder: Path, sizes: dict[str, int]) -> dict[str, float]:
    workers = os.cpu_count() or 1
    took: dict[int, dict[str, float]] = {}
    catalogue = index = folder
    built: dict[str, float] = {}
    for size in (sizes["small"], sizes["products"]):
        catalogue = make(folder, size, sizes["planted"])
        index = folder / f"index-{size}"
        built = step([_WORK, "build"], catalogue=str(catalogue), index=str(index), workers=workers)
        took[size] = step(
            [_WORK, "link"], index=str(index), planted=sizes["planted"], size=sizes["small"], linker="hybrid"
        )
    updated = step([_WORK, "update"], catalogue=str(catalogue), index=str(index), to=str(folder / "updated"))
    small, large = took[sizes["small"]], took[sizes["products"]]
    return {
        "mentions_per_s_per_core": round(2_000 / (large["title_ms"] + large["short_ms"])),
        "title_ms": round(large["title_ms"], 3),
        "short_ms": round(large["short_ms"], 3),
        "title_first_ms": round(large["title_first_ms"], 3),
        "short_first_ms": round(large["short_first_ms"], 3),
        "growth_title": round(large["title_ms"] / small["title_ms"], 2),
        "growth_short": round(large["short_ms"] / small["short_ms"], 2),
        "recall_at_10": round(large["recall"], 4),
        "first": round(large["first"], 4),
        "rss_mb": round(large["rss_mb"]),
        "index_s": round(built["seconds"], 1),
        "index_rss_mb": round(built["rss_mb"]),
        "index_disk_mb": round(sum(file.stat().st_size for file in index.iterdir()) / 1e6),
        "update_s": round(updated["seconds"], 1),
        "update_changed": updated["changed"],
    }


if __name__ == "__main__":
    main()
