"""Make a new project folder: a configuration with every setting explained, and the sample shop if wanted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from kg.build.settings import Settings
from kg.errors import InputError
from kg.records import atomic_path

__all__ = ["SAMPLE_SETTINGS", "make_project", "render_config"]

_SAMPLE_FILES = ("products.csv", "intents.csv", "engagement.csv", "queries.csv", "answers.jsonl", "decisions.csv")
SAMPLE_SETTINGS: Mapping[str, Mapping[str, object]] = {
    "catalog": {"files": ["sample/products.csv"]},
    "intents": {"file": "sample/intents.csv"},
    "engagement": {"file": "sample/engagement.csv", "orders": 50_000},
    "attributes": {"max_products": 300},
    "extraction": {
        "max_types": 66,
        "themes": True,
        "recorded_answers": "sample/answers.jsonl",
        "contexts": {"relations": ["SATISFIED_BY"]},
    },
    "curation": {"decisions": "sample/decisions.csv"},
}
_OWN_SETTINGS: Mapping[str, Mapping[str, object]] = {
    "catalog": {"files": ["products.csv"]},
}
_LONGEST = 250  # longer defaults are word lists: written out, they would hide the rest and outlive our corrections
_HEADER = """\
# Configuration of product-kg. Every setting is here with its default (unless the line says otherwise); long lists
# are commented out, and hold as 'kg config' shows them until you write your own.
# Paths start at this file's folder. ${NAME} and ${NAME:-default} read the environment: keep secrets there.
"""


def make_project(folder: Path, *, sample: bool) -> list[Path]:
    """Write a configuration, and the sample shop's files, into ``folder``; return what was written.

    Raises:
        InputError: the folder has a configuration already; nothing is written then.
    """
    config = folder / "config.yaml"
    if config.exists():
        raise InputError("there is a configuration already", file=str(config), remedy="take another folder, or edit it")
    written = [_write(config, render_config(SAMPLE_SETTINGS if sample else _OWN_SETTINGS).encode())]
    if sample:
        source = files("kg.sample")
        written += [_write(folder / "sample" / name, (source / name).read_bytes()) for name in _SAMPLE_FILES]
    return written


def render_config(values: Mapping[str, Mapping[str, object]]) -> str:
    """Return a ``config.yaml`` with every setting, its description as a comment, and ``values`` put in."""
    return _HEADER + "".join(_lines(Settings, values, 0))


def _lines(model: type[BaseModel], values: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, info in model.model_fields.items():
        inner = _model_of(info)
        if inner is not None:
            yield "\n" if depth == 0 else ""
            yield f"{indent}{name}:  # {_about(inner)}\n"
            yield from _lines(inner, cast("Mapping[str, Any]", values.get(name, {})), depth + 1)
        else:
            default = info.get_default(call_default_factory=True)
            value = values.get(name, default)
            own = f" (default: {_yaml(default)})" if name in values and default not in (value, "", ()) else ""
            yield f"{indent}# {info.description or name}{own}\n"
            if name not in values and len(text := _yaml(value)) > _LONGEST:
                yield f"{indent}# {name}: {text[:40]} ... (long: 'kg config' shows it)\n"
            else:
                yield f"{indent}{name}: {_yaml(value)}\n"


def _about(model: type[BaseModel]) -> str:
    """Return the first line of a model's docstring without the marks that are for programmers."""
    line = (model.__doc__ or "").strip().splitlines()[0]
    return re.sub(r":\w+:`([^`]*)`|``([^`]*)``", r"\1\2", line)


def _model_of(info: FieldInfo) -> type[BaseModel] | None:
    annotation: object = info.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None


def _yaml(value: object) -> str:
    """Return a value in YAML's flow style, which is JSON with plain words left bare."""
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return to_jsonable_python(value)


def _write(path: Path, content: bytes) -> Path:
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    return path
