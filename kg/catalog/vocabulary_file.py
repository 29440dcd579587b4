"""Read a vocabulary file: its settings, one file laid over another, and every mistake with its file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import Field

from kg.config import Location, Options, RawConfig, did_you_mean, load_yaml, validate
from kg.errors import ConfigError
from kg.text import normalise

__all__ = ["KEPT", "PREFERRED", "AttributeSpec", "ValueSpec", "VocabularyFile", "read_file"]

KEPT = ("diet", "form", "scent")
"""The attributes of which a substitute can be bound to have the same value."""
PREFERRED = ("diet", "flavour", "form", "scent", "size_class")
"""The attributes of which a substitute with the same value can come first."""
_MOST_VALUES = 60  # a set of values is one number of 64 bits
_Words = tuple[str, ...]
_When = Literal["always", "otherwise", "never"]
_Replacement = Literal["keep", "prefer", "free"]


class ValueSpec(Options):
    """One value as it stands in the file."""

    same: _Words = ()
    words: _Words = ()
    columns: _Words = ()
    implies: _Words = ()
    excludes: _Words = ()
    replacement: _Replacement | None = None
    categories: _Words = ()
    types: _Words = ()
    stands_for: Literal["baby", "kids", "adult", "animal"] | None = None
    at_least: float | None = Field(default=None, ge=0)
    removed: bool = False


class AttributeSpec(Options):
    """One attribute as it stands in the file."""

    about: str = ""
    reads: Literal["words", "units", "models"] = "words"
    several: bool = False
    asks: bool = False
    description: _When = "never"
    category: _When = "never"
    cues: _Words = ()
    not_head: bool = False
    replacement: _Replacement = "free"
    ignore: _Words = ()
    categories: _Words = ()
    types: _Words = ()
    except_types: _Words = ()
    values: dict[str, ValueSpec] = Field(default_factory=dict[str, ValueSpec])
    removed: bool = False


class DenialSpec(Options):
    """Words that deny: before (within so many words) and directly after what they deny."""

    before: dict[str, int] = Field(default_factory=dict[str, int])
    after: _Words = ()


class VocabularyFile(Options):
    """A whole file. ``extends``: it is laid over the shipped one."""

    extends: bool = True
    denials: DenialSpec = DenialSpec()
    attributes: dict[str, AttributeSpec] = Field(default_factory=dict[str, AttributeSpec])


def read_file(path: Path, over: VocabularyFile | None = None) -> VocabularyFile:
    """Return the vocabulary in ``path``, laid ``over`` another unless the file says that it stands alone.

    Raises:
        ConfigError: every mistake, one a line, each with file, line and remedy.
    """
    raw = load_yaml(path, {})
    file = validate(raw, VocabularyFile)
    whole = _laid_over(over, file) if over is not None and file.extends else file
    if mistakes := [_message(raw, *mistake) for mistake in _mistakes(whole)]:
        raise ConfigError("\n".join(mistakes))
    return whole


def _laid_over(below: VocabularyFile, above: VocabularyFile) -> VocabularyFile:
    """Return one file out of two: lists grow, other settings are replaced, what is removed goes."""
    plain = (file.model_dump(mode="json", exclude_unset=True) for file in (below, above))
    return VocabularyFile.model_validate(_merged(*plain))


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    out = dict(below)
    for name, value in above.items():
        old = out.get(name)
        if isinstance(value, dict):
            table = cast("dict[str, Any]", value)
            if table.get("removed"):
                out.pop(name, None)
            else:
                out[name] = _merged(cast("dict[str, Any]", old) if isinstance(old, dict) else {}, table)
        elif isinstance(value, list) and isinstance(old, list):
            out[name] = list(dict.fromkeys([*cast("list[str]", old), *cast("list[str]", value)]))
        else:
            out[name] = value
    return out


_Mistake = tuple[Location, str, str]


def _mistakes(file: VocabularyFile) -> Iterator[_Mistake]:
    """Yield what the schema cannot see: where it is, what is wrong, what to do."""
    for name, attribute in file.attributes.items():
        here: Location = ("attributes", name)
        yield from _of_attribute(here, name, attribute)
        for value, spec in attribute.values.items():
            yield from _of_value((*here, "values", value), name, spec, attribute)
        yield from _doubled(here, attribute)


def _of_attribute(here: Location, name: str, attribute: AttributeSpec) -> Iterator[_Mistake]:
    if not name.replace("_", "").isalnum() or not name.islower():
        yield here, "the name is not made of small letters, digits and underscores", "choose another name"
    if len(attribute.values) > _MOST_VALUES:
        yield (*here, "values"), f"{len(attribute.values)} values are too many", f"keep at most {_MOST_VALUES}"
    if attribute.reads == "words" and not attribute.values:
        yield here, "an attribute that is read from words needs values", "list them, or remove the attribute"
    if attribute.asks and not (attribute.values and attribute.about):
        yield (*here, "asks"), "a model can be asked only about values, in words", "give values and 'about'"
    yield from _replacement((*here, "replacement"), name, attribute.replacement)


def _of_value(here: Location, of: str, spec: ValueSpec, attribute: AttributeSpec) -> Iterator[_Mistake]:
    known = attribute.values
    for setting, names, more in (("implies", spec.implies, ()), ("excludes", spec.excludes, ("*",))):
        for other in names:
            if other not in known and other not in more:
                yield (*here, setting), f"there is no value {other!r}", did_you_mean(other, known)
    if both := sorted(set(spec.implies) & set(spec.excludes)):
        yield (*here, "implies"), f"{both[0]!r} cannot be implied and excluded", "keep one of them"
    if spec.at_least is not None and attribute.reads != "units":
        yield (*here, "at_least"), "only an attribute that reads units has classes of size", "remove it"
    if spec.replacement is not None:
        yield from _replacement((*here, "replacement"), of, spec.replacement)


def _replacement(here: Location, name: str, replacement: _Replacement) -> Iterator[_Mistake]:
    allowed = {"keep": KEPT, "prefer": PREFERRED}.get(replacement)
    if allowed and name not in allowed:
        yield here, f"{replacement!r} has no meaning for {name!r}", f"it has one for {', '.join(allowed)}"


def _doubled(here: Location, attribute: AttributeSpec) -> Iterator[_Mistake]:
    """Yield the words that would name two values, which no reader could tell apart."""
    names: dict[str, str] = {}
    for value, spec in attribute.values.items():
        for word in dict.fromkeys(map(normalise, (value, *spec.same, *spec.words, *spec.columns))):
            other = names.setdefault(word, value)
            if other != value:
                yield (*here, "values", value), f"{word!r} names {other!r} already", "keep it in one of them"


def _message(raw: RawConfig, location: Location, reason: str, remedy: str) -> str:
    line = raw.line(location)
    where = raw.path if line is None else f"{raw.path}:{line}"
    return f"{where}: {'.'.join(map(str, location))}: {reason}; {remedy}"
