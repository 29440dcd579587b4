"""Load a build in a process of its own, to be killed: ``loader_process.py OPTIONS FILES AFTER_ROWS AFTER_SECONDS``.

OPTIONS and FILES are JSON. The process kills itself with SIGKILL once ``AFTER_ROWS`` rows are handled, or
``AFTER_SECONDS`` after the load began, whatever happens then. It prints READY before the load and DONE after it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

from kg.store.loader import GraphFiles, load
from kg.store.options import StoreOptions
from kg.store.stores import open_store


def main(options: str, files: str, after_rows: str, after_seconds: str) -> None:
    """Load, unless killed before the end."""
    handled = 0

    def progress(rows: int) -> None:
        nonlocal handled
        handled += rows
        if handled >= int(after_rows):
            die()

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    paths = {name: Path(path) for name, path in json.loads(files).items()}
    with open_store(StoreOptions(**json.loads(options))) as store:
        print("READY", flush=True)
        timer = threading.Timer(float(after_seconds), die)
        timer.daemon = True
        timer.start()
        load(store, GraphFiles(**paths), "b1", progress)
        timer.cancel()
    print("DONE", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
