"""The answers that a stand-in provider makes up: they fit any schema, and are a pure function of the request."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.servers.provider_schema import fits, resolved
from tests.servers.provider_tokens import count, pieces
from tests.servers.provider_wire import Asked, Reply

__all__ = ["answered", "default_reply", "unit", "yes"]

NOUNS = (
    *("lanterns", "tongs", "ribbons", "kettles", "marbles", "trowels", "quilts", "gaskets", "pulleys", "stencils"),
    *("bellows", "buckles", "candles", "chisels", "corks", "dowels", "funnels", "grommets", "hinges", "ladles"),
    *("mallets", "mittens", "napkins", "paddles", "pegs", "sieves", "spools", "tassels", "thimbles", "wicks"),
)
KINDS = (
    *("", "brass ", "canvas ", "copper ", "cotton ", "felt ", "folding ", "garden ", "glass ", "linen ", "oak "),
    *("painted ", "pocket ", "round ", "silk ", "small ", "spare ", "striped ", "tin ", "travel ", "wooden ", "wool "),
)
"""What the default answers are made of: 660 names; no catalogue of ours holds them all."""


def unit(*parts: object) -> float:
    """Return a number in [0, 1) that depends on ``parts`` only."""
    drawn = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(drawn) / 2**64


def yes(probability: float) -> Reply:
    """Return a yes or no whose first token holds 0.9 of the mass, split by ``probability`` (0..1)."""
    mass = (("Yes", 0.9 * probability), ("No", 0.9 * (1 - probability)), ("Maybe", 0.1))
    ordered = sorted(mass, key=lambda pair: -pair[1])
    top = tuple((word, math.log(max(p, 1e-9))) for word, p in ordered)
    return Reply(top[0][0], top=top)


def default_reply(asked: Asked) -> Reply:
    """Return the answer to a request.

    It depends on the server's seed, the messages and the schema; the model and, above temperature 0, the request's
    seed change it a little. A packed line is answered as if it stood alone. What is longer than the room that the
    request gives is cut there.
    """
    sampled = asked.body.get("seed") if asked.body.get("temperature", 1) else None
    sample = f"{asked.model} {sampled}"
    schema = asked.json_schema
    if schema is None:
        base = _base(asked, asked.messages)
        return yes(round(0.05 + 0.8 * unit(base) + 0.1 * unit(base, sample), 3))
    value = _packed(asked, sample) if asked.packed and asked.lines else _author(asked, asked.messages, sample).whole()
    content = json.dumps(value, ensure_ascii=False)
    top = (("{", -0.01), ("[", -5.0)) if asked.body.get("logprobs") else None
    if asked.room is not None and count(content) > asked.room:
        return Reply("".join(pieces(content)[: asked.room]), finish="length", top=top)
    return Reply(content, top=top)


def answered(asked: Asked, reply: Reply) -> tuple[str, ...]:
    """Return the keys of the questions that the reply answers usably, as far as a provider can tell."""
    if reply.status != 200 or reply.cut is not None:
        return ()
    if "input" in asked.body:
        return tuple(asked.questions.values())
    if reply.raw is not None or reply.finish != "stop" or reply.refusal or not reply.content:
        return ()
    schema = asked.json_schema
    if schema is None:
        return (asked.key,) if not asked.body.get("logprobs") or _has_odds(reply) else ()
    try:
        value = json.loads(reply.content)
    except ValueError:
        return ()
    if not fits(value, schema):
        return ()
    if not (asked.packed and asked.lines):
        return (asked.key,)
    numbers = [item["id"] for item in value[asked.packed]]
    return tuple(key for number, key in asked.questions.items() if numbers.count(number) == 1)


def _has_odds(reply: Reply) -> bool:
    words = {str(token).strip().lower() for token, p in reply.top or () if token is not None and p is not None}
    return bool(words & {"yes", "no"}) and not any(None in pair for pair in reply.top or ())


def _base(asked: Asked, messages: list[dict[str, str]]) -> str:
    said = json.dumps([asked.seed, messages], sort_keys=True)
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def _packed(asked: Asked, sample: str) -> dict[str, Any]:
    """Return one answer for each numbered line."""
    root = asked.json_schema or {}
    element = resolved(root["properties"][asked.packed]["items"], root)
    own = {**element, "properties": {k: v for k, v in element["properties"].items() if k != "id"}}
    items: list[dict[str, Any]] = []
    for number, line in asked.lines.items():
        author = _Author(root, _base(asked, asked.alone(line)), sample, ())
        items.append({"id": number, **author.value(own, "")})
    return {asked.packed: items}


def _author(asked: Asked, messages: list[dict[str, str]], sample: str) -> _Author:
    return _Author(asked.json_schema or {}, _base(asked, messages), sample, tuple(asked.lines))


@dataclass(frozen=True, slots=True)
class _Author:
    """Makes up values for one schema. ``lines`` are the numbers that integers in lists may name."""

    root: dict[str, Any]
    base: str
    sample: str
    lines: tuple[int, ...]

    def whole(self) -> Any:
        return self.value(self.root, "")

    def value(self, schema: dict[str, Any], name: str) -> Any:
        """Return a value for the field called ``name`` (a path, so that equal fields differ)."""
        schema = resolved(schema, self.root)
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return self.value(choices[0], name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][self._below(len(schema["enum"]), name)]
        kind = schema.get("type", "string")
        return self._made(kind if isinstance(kind, str) else kind[0], schema, name)

    def _made(self, kind: str, schema: dict[str, Any], name: str) -> Any:
        match kind:
            case "object":
                return {each: self.value(own, f"{name}.{each}") for each, own in schema.get("properties", {}).items()}
            case "array":
                return self._array(schema, name)
            case "string":
                return self._string(schema, name)
            case "integer" | "number":
                return self._number(kind, schema, name)
            case "boolean":
                return unit(self.base, name) < 0.5
            case _:
                return None

    def _array(self, schema: dict[str, Any], name: str) -> list[Any]:
        items = resolved(schema.get("items", {}), self.root)
        high = min(schema.get("maxItems", 4), max(4, schema.get("minItems", 0)))
        size = max(schema.get("minItems", 0), min(high, 2 + self._below(3, name)))
        if "enum" in items:
            return self._sampled(items["enum"], min(size, len(items["enum"])), name)
        if items.get("type") == "string":
            return self._strings(items, size, name)
        if items.get("type") == "integer" and self.lines:
            return self._sampled(self.lines, min(size, len(self.lines)), name)
        if self.lines and (member := self._member(items)):
            return self._groups(items, min(size, len(self.lines)), name, member)
        return [self.value(items, f"{name}.{at}") for at in range(size)]

    def _member(self, items: dict[str, Any]) -> str:
        """Return the property that lists numbers of lines, or nothing."""
        for name, each in items.get("properties", {}).items():
            if resolved(each.get("items", {}), self.root).get("type") == "integer":
                return name
        return ""

    def _groups(self, items: dict[str, Any], size: int, name: str, member: str) -> list[Any]:
        """Return the numbered lines in groups, each line once."""
        start = self._below(size, name)
        groups = [self.value(items, f"{name}.{at}") for at in range(size)]
        for at, group in enumerate(groups):
            group[member] = [number for place, number in enumerate(self.lines) if (place + start) % size == at]
        return groups

    def _strings(self, items: dict[str, Any], size: int, name: str) -> list[str]:
        """Return different strings; another sample of the same question shares most of them."""
        pool = dict.fromkeys(self._string(items, f"{name}.{at}") for at in range(size + 1))
        return self._sampled(list(pool), min(size, len(pool)), name)

    def _sampled(self, pool: Sequence[Any], size: int, name: str) -> list[Any]:
        chosen = sorted(range(len(pool)), key=lambda at: unit(self.base, self.sample, name, at))[:size]
        return [pool[at] for at in sorted(chosen)]

    def _string(self, schema: dict[str, Any], name: str) -> str:
        kind, noun = KINDS[self._below(len(KINDS), name, "kind")], NOUNS[self._below(len(NOUNS), name, "noun")]
        number = self._below(1000, name, "plan")
        text = f"Because it fits plan {number} for {kind}{noun}." if name.endswith("reason") else f"{kind}{noun}"
        return text.ljust(schema.get("minLength", 0), "s")[: schema.get("maxLength")]

    def _number(self, kind: str, schema: dict[str, Any], name: str) -> int | float:
        low = schema.get("minimum", min(0, schema.get("maximum", 0)))
        high = schema.get("maximum", low + (10 if kind == "integer" else 1))
        if kind == "integer":
            return low + self._below(high - low + 1, name)
        return round(low + (high - low) * unit(self.base, name), 3)

    def _below(self, limit: int, *name: str) -> int:
        return int(unit(self.base, *name) * limit)
