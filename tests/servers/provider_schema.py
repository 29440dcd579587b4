"""Whether a value fits a JSON schema: the part of the language that structured replies use."""

from __future__ import annotations

from typing import Any, cast

__all__ = ["fits", "resolved"]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Return what a ``$ref`` within ``root`` points at, or the schema itself."""
    while "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema


def fits(value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None) -> bool:
    """Whether ``value`` is what ``schema`` describes; patterns and formats are not looked at."""
    root = schema if root is None else root
    schema = resolved(schema, root)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return any(fits(value, each, root) for each in choices)
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        return False
    kinds = schema.get("type", list(_TYPES))
    if not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return False
    if isinstance(value, dict):
        return _object_fits(cast("dict[str, Any]", value), schema, root)
    if isinstance(value, list):
        return _array_fits(cast("list[Any]", value), schema, root)
    if isinstance(value, str):
        return _within(len(value), schema, "Length")
    return value is None or schema.get("minimum", value) <= value <= schema.get("maximum", value)


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _within(size: int, schema: dict[str, Any], what: str) -> bool:
    return schema.get(f"min{what}", size) <= size <= schema.get(f"max{what}", size)


def _array_fits(value: list[Any], schema: dict[str, Any], root: dict[str, Any]) -> bool:
    return _within(len(value), schema, "Items") and all(fits(each, schema.get("items", {}), root) for each in value)


def _object_fits(value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any]) -> bool:
    known = schema.get("properties", {})
    if any(name not in value for name in schema.get("required", [])):
        return False
    if schema.get("additionalProperties") is False and value.keys() - known.keys():
        return False
    return all(fits(value[name], each, root) for name, each in known.items() if name in value)
