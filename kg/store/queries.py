"""Find the Cypher by name: ``cypher/lookup/why.cypher`` is ``lookup/why``.

Every file starts with a comment: purpose, parameters, result columns, cost. Values travel as parameters only.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import LiteralString, cast

from kg.errors import StoreError

__all__ = ["READ_FOLDERS", "WRITE_FOLDERS", "cypher", "names", "statements"]

# A store may not enforce read transactions (the embedded one does not), so the folder says what a file does.
READ_FOLDERS = ("lookup", "read")
WRITE_FOLDERS = ("delete", "publish", "write")


@cache
def cypher(name: str) -> LiteralString:
    """Return the text of ``cypher/<name>.cypher``.

    Raises:
        StoreError: there is no such file.
    """
    # The one place where text becomes a query: it comes from our own package, never from data.
    return cast("LiteralString", _text(f"{name}.cypher"))


def statements(name: str) -> list[LiteralString]:
    """Return the statements of a file with its ending (``schema/indexes.cypher``); each ends with ``;``."""
    lines = [line for line in _text(name).splitlines() if not line.startswith(("//", "--"))]
    return [cast("LiteralString", part.strip()) for part in "\n".join(lines).split(";") if part.strip()]


def names() -> list[str]:
    """Return the names of all Cypher files, sorted."""
    return sorted(_walk(files("cypher"), ""))


def _walk(folder: Traversable, prefix: str) -> list[str]:
    found: list[str] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".cypher"):
            found.append(prefix + entry.name.removesuffix(".cypher"))
    return found


def _text(path: str) -> str:
    try:
        return files("cypher").joinpath(path).read_text("utf-8")
    except FileNotFoundError as error:
        raise StoreError(f"there is no query {path!r}", remedy="reinstall product-kg") from error
