"""Find the Cypher by name: ``cypher/lookup/why.cypher`` is ``lookup/why``.

Every file starts with a comment: purpose, parameters, result columns, cost. Values travel as parameters only.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import LiteralString, cast

from kg.errors import StoreError

__all__ = ["READ_FOLDERS", "SCHEMA_FILES", "WRITE_FOLDERS", "cypher", "declared", "header", "names", "statements"]

# A store may not enforce read transactions (the embedded one does not), so the folder says what a file does.
READ_FOLDERS = ("lookup", "read")
WRITE_FOLDERS = ("change", "create", "delete", "lock", "publish", "retire", "write")

_COMMENT = ("//", "--")  # of Cypher, and of the embedded engine's SQL
SCHEMA_FILES = tuple(f"schema/{name}.cypher" for name in ("constraints", "indexes", "fulltext", "vector"))
_DECLARATION = re.compile(r"CREATE .*?(?P<what>CONSTRAINT|INDEX) (?P<name>\w+) IF NOT EXISTS FOR \(n:(?P<label>\w+)\)")


@cache
def cypher(name: str) -> LiteralString:
    """Return the query of ``cypher/<name>.cypher``, without its header: a server would have to read it each time.

    Raises:
        StoreError: there is no such file.
    """
    # The one place where text becomes a query: it comes from our own package, never from data.
    return cast("LiteralString", _without_comments(_text(f"{name}.cypher")))


def header(name: str) -> str:
    """Return the comment that ``cypher/<name>.cypher`` starts with."""
    return "\n".join(line for line in _text(f"{name}.cypher").splitlines() if line.startswith(_COMMENT))


def statements(name: str) -> list[LiteralString]:
    """Return the statements of a file with its ending (``schema/indexes.cypher``); each ends with ``;``."""
    parts = _without_comments(_text(name)).split(";")
    return [cast("LiteralString", part.strip()) for part in parts if part.strip()]


def declared() -> list[tuple[str, str]]:
    """Return the constraints and indexes of the schema: the name of each and, for a constraint, its label."""
    found = (_DECLARATION.match(text) for file in SCHEMA_FILES for text in statements(file))
    return [(each["name"], each["label"] if each["what"] == "CONSTRAINT" else "") for each in found if each]


def names() -> list[str]:
    """Return the names of all Cypher files, sorted."""
    return sorted(_walk(files("cypher"), ""))


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith(_COMMENT)).strip()


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
