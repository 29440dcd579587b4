"""How often faults strike: a share of the times in every run of the tests, all of them in ``make faults``."""

from __future__ import annotations

import os

__all__ = ["ALL", "times"]

ALL = os.environ.get("KG_FAULTS") == "all"


def times(all_: int, always: int) -> range:
    """Return the numbers of the runs: the first ``always``, or with ``KG_FAULTS=all`` all of them."""
    return range(all_ if ALL else always)
