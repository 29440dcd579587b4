"""Read ``config.yaml``: every mistake is reported with its file, line, setting and remedy.

This module knows YAML, ``${VAR:-default}`` and how to say where a mistake is. What the settings mean belongs
to the components: each declares a subclass of :class:`Options`; :mod:`kg.build.settings` puts them together.
"""

from __future__ import annotations

import difflib
import os
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, Union, cast, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails

from kg.errors import ConfigError

__all__ = ["Location", "Options", "RawConfig", "did_you_mean", "load_yaml", "validate"]

Location = tuple[str | int, ...]
O = TypeVar("O", bound="Options")  # noqa: E741 - an Options type
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<optional>:-(?P<default>[^}]*))?\}")
_NULL = {"", "~", "null", "Null", "NULL"}


class Options(BaseModel):
    """Base of every component's settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    @model_validator(mode="before")
    @classmethod
    def _of_a_bare_name(cls, data: object) -> object:
        """A section of which nothing but the name is left, or comments, has its defaults."""
        return {} if data is None else data


@dataclass(frozen=True)
class RawConfig:
    """A YAML file as plain data, with the line of every key. ``path`` is as the user gave it."""

    path: str
    data: dict[str, Any]
    lines: Mapping[Location, int] = field(default_factory=dict[Location, int])

    def line(self, location: Location) -> int | None:
        """Return the line of ``location`` or of its nearest known parent."""
        for end in range(len(location), 0, -1):
            if (found := self.lines.get(location[:end])) is not None:
                return found
        return None


def load_yaml(path: Path, environ: Mapping[str, str] | None = None) -> RawConfig:
    """Return the file as data, with environment variables put in.

    ``${NAME}`` must be set; ``${NAME:-default}`` may be unset or empty. Only values are replaced, after parsing, so
    a variable can never change the structure of the file. What comes from a variable is text (a setting that is a
    number or a flag reads it as such); without quotes, nothing at all is null.

    Raises:
        ConfigError: the file is missing, is not YAML or not a mapping, repeats a key, or names an unset variable.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            f"no configuration at {path}",
            remedy="make one with 'kg init', or name one with --config or KG_CONFIG",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text", remedy="save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", remedy="name a file with --config") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ConfigError(_yaml_message(path, error), remedy="check the indentation and quotes there") from error
    reader = _Reader(str(path), os.environ if environ is None else environ)
    data = None if node is None else reader.read(node, ())
    if data is None:  # an empty file, or nothing but comments
        data = {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path}:1: expected settings ('name: value'), found a {type(data).__name__}")
    return RawConfig(str(path), cast("dict[str, Any]", data), reader.lines)


def validate(raw: RawConfig, kind: type[O], data: object = None, prefix: Location = ()) -> O:
    """Return ``data`` (default: the whole file) as ``kind``.

    Raises:
        ConfigError: all mistakes at once, one a line, each ``file:line: setting: what is wrong; what to do``.
    """
    try:
        return kind.model_validate(raw.data if data is None else data)
    except ValidationError as error:
        messages = [_message(raw, kind, detail, prefix) for detail in error.errors(include_url=False)]
        raise ConfigError("\n".join(messages)) from error


class _Reader:
    """Turn YAML nodes into data, noting the line of every key and refusing doubles."""

    def __init__(self, path: str, environ: Mapping[str, str]) -> None:
        self.path = path
        self.environ = environ
        self.lines: dict[Location, int] = {}
        self._around: set[int] = set()

    def read(self, node: yaml.Node, location: Location) -> object:
        self.lines.setdefault(location, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, location)
        if id(node) in self._around:
            raise ConfigError(f"{self._where(node, location)}: the anchor holds itself", remedy="write it out")
        self._around.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, location)
            return [self.read(child, (*location, index)) for index, child in enumerate(node.value)]
        finally:
            self._around.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, object]:
        out: dict[str, object] = {}
        for key_node, value_node in node.value:
            name = str(key_node.value)
            here = (*location, name)
            if name in out:
                raise ConfigError(f"{self._where(key_node, here)}: the setting stands twice", remedy="keep one of them")
            self.lines[here] = key_node.start_mark.line + 1
            out[name] = self.read(value_node, here)
        return out

    def _scalar(self, node: yaml.ScalarNode, location: Location) -> object:
        try:
            plain = cast("object", yaml.SafeLoader("").construct_object(node))  # pyright: ignore[reportUnknownMemberType]
        except (yaml.YAMLError, ValueError) as error:  # an unknown tag, a date that is none
            raise ConfigError(
                f"{self._where(node, location)}: the value cannot be read as it stands", remedy="put it in quotes"
            ) from error
        if not isinstance(plain, str) or "${" not in plain:
            return plain
        filled = _VARIABLE.sub(lambda match: self._variable(match, node, location), plain)
        return None if node.style is None and filled in _NULL else filled

    def _variable(self, match: re.Match[str], node: yaml.Node, location: Location) -> str:
        name = match["name"]
        value = self.environ.get(name)
        if match["optional"]:
            return value or str(match["default"])
        if value is None:
            raise ConfigError(
                f"{self._where(node, location)}: {name} is not set in the environment",
                remedy=f"export {name}=..., or write ${{{name}:-default}}",
            )
        return value

    def _where(self, node: yaml.Node, location: Location) -> str:
        return f"{self.path}:{node.start_mark.line + 1}: {_dotted(location)}"


def _yaml_message(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{path}:{mark.line + 1}" if mark is not None else str(path)
    problem = str(getattr(error, "problem", None) or error)
    return f"{where}: not valid YAML: {' '.join(problem.split())}"


def _message(raw: RawConfig, kind: type[BaseModel], detail: ErrorDetails, prefix: Location) -> str:
    location = (*prefix, *(part for part in detail["loc"] if not _is_tag(part)))
    line = raw.line(location)
    where = raw.path if line is None else f"{raw.path}:{line}"
    return f"{where}: {_dotted(location)}: {_reason(kind, detail)}"


def _reason(kind: type[BaseModel], detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return "unknown setting" + _suggestion(kind, detail["loc"])
    if detail["type"] == "missing":
        return "this setting is required"
    if _plain_type(_type_at(kind, detail["loc"])) is SecretStr:
        return "a secret must be text: put it in quotes"
    shown = detail["input"]
    message = detail["msg"].removeprefix("Value error, ")
    if not isinstance(shown, str | int | float | bool):
        return message
    expected = message.removeprefix("Input should be ")
    return f"{shown!r}: {message}" if expected == message else f"{shown!r} does not fit: expected {expected}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return what to say to somebody who wrote an unknown name: the one that is nearest, or all there are."""
    there = sorted(known)
    near = difflib.get_close_matches(name, there, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(there)}"


def _suggestion(kind: type[BaseModel], location: tuple[int | str, ...]) -> str:
    names = _fields_at(kind, location[:-1])
    return f"; {did_you_mean(str(location[-1]), names)}" if names else ""


def _fields_at(kind: type[BaseModel], location: tuple[int | str, ...]) -> set[str]:
    """Return the names of the settings of the model that ``location`` leads to."""
    found = _type_at(kind, location)
    return set(found.model_fields) if isinstance(found, type) and issubclass(found, BaseModel) else set()


def _type_at(kind: object, location: tuple[int | str, ...]) -> object:
    """Return the type that ``location`` leads to, through models, tables and lists; ``None`` when it leads nowhere."""
    for part in location:
        if _is_tag(part):
            continue
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            info = kind.model_fields.get(str(part))
            kind = None if info is None else _plain_type(info.annotation)
        else:
            arguments = get_args(kind)  # dict[name, value], list[value] or tuple[value, ...]
            kind = _plain_type(arguments[1 if get_origin(kind) is dict else 0]) if arguments else None
    return kind


def _plain_type(kind: object) -> object:
    """Return ``X`` for ``X | None``."""
    if get_origin(kind) in {Union, types.UnionType}:
        return next((each for each in get_args(kind) if each is not type(None)), None)
    return kind


def _is_tag(part: str | int) -> bool:
    """Whether pydantic added ``part`` to name a union's branch rather than a setting."""
    return isinstance(part, str) and (part.startswith(("function-", "constrained-")) or "[" in part)


def _dotted(location: Location) -> str:
    return ".".join(str(part) for part in location) or "(top)"
