"""Put the perspective together, as Bloom 2.21 exports one.

It is made from the tables of this package and from :mod:`kg.store.kinds`, and holds nothing of the graph itself: no
name of a product, no time, no secret. The same name gives the same bytes.
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote, urlencode

from kg.errors import InputError
from kg.records import atomic_path
from kg.store import queries
from kg.store.bloom.identity import number, unique
from kg.store.bloom.phrases import ACTIONS, PHRASES, Action, Parameter, Phrase
from kg.store.bloom.properties import Property, of_label, of_relation
from kg.store.bloom.styles import NODE_STYLES, PALETTE, RELATION_STYLES, Json, NodeStyle, RelationStyle
from kg.store.kinds import EDGE_KINDS, NODE_KINDS

__all__ = ["NAME", "VERSION", "deep_link", "perspective", "write_perspective"]

NAME = "Product knowledge"
VERSION = "2.21.0"
_IN_TOOLTIP = frozenset(("explanation", "confidence", "contexts", "reviewer", "review", "review_by"))
_CAPTION = frozenset(("review",))
# Known to Bloom only so that it can suggest the builds there are; not a category, so its nodes stay hidden.
_HISTORY = ("KgGeneration", (Property("id", "bigint"), Property("build", "string"), Property("published_at", "bigint")))


def perspective(name: str = NAME) -> Json:
    """Return the perspective called ``name``, as an object of JSON."""
    return {
        "name": name,
        "id": unique("perspective", name),
        "categories": [_category(place, style) for place, style in enumerate(NODE_STYLES, 1)],
        "labels": _labels(),
        "relationshipTypes": [_relationship_type(style) for style in RELATION_STYLES],
        "palette": {"colors": list(PALETTE), "currentIndex": len(NODE_STYLES)},
        "createdAt": 0,
        "lastEditedAt": 0,
        "templates": [_template(place, phrase) for place, phrase in enumerate(PHRASES, 1)],
        "sceneActions": [_scene_action(place, action) for place, action in enumerate(ACTIONS, 1)],
        "hiddenRelationshipTypes": [],
        "hideUncategorisedData": True,
        "type": "STANDARD_PERSPECTIVE",
        "maxLimitToastMsgEnabled": False,
        "parentPerspectiveId": None,
        "metadata": {"pathSegments": _path_segments(), "indexes": _indexes()},
        "version": VERSION,
    }


def write_perspective(path: Path, name: str = NAME, *, replace: bool = False) -> Json:
    """Write the perspective to ``path`` and return it.

    Raises:
        InputError: there is a file already and ``replace`` was not asked for.
    """
    if path.exists() and not replace:
        raise InputError("there is a file already", file=str(path), remedy="name another, or replace it with --force")
    made = perspective(name)
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return made


def deep_link(search: str, name: str = NAME) -> str:
    """Return the path and query that open Bloom with the perspective ``name`` and run ``search``."""
    return f"/bloom/?{urlencode({'search': search, 'perspective': name, 'run': 'true'}, quote_via=quote)}"


def _category(place: int, style: NodeStyle) -> Json:
    found = of_label(style.label)
    return {
        "id": place,
        "name": style.name,
        "labels": [style.label.value],
        "properties": [{"name": p.name, "exclude": p.hidden, "dataType": p.kind} for p in found],
        "createdAt": place,
        "lastEditedAt": place,
        "color": style.color,
        "size": style.size,
        "icon": style.icon,
        "textSize": 1,
        "textAlign": "top",
        "captions": [
            _caption(style.label.value, "label", shown=False, told=False),
            *(
                _caption(p.name, "property", shown=p.name == style.caption, told=p.name in style.tooltip)
                for p in found
                if not p.hidden
            ),
        ],
        "captionKeys": [],
        "styleRules": style.rules,
    }


def _relationship_type(style: RelationStyle) -> Json:
    name, found = style.relation.value, of_relation(style.relation)
    return {
        "id": name,
        "name": name,
        "properties": [_property(name, p) for p in found],
        "color": style.light,
        "size": 1,
        "textSize": 1,
        "textAlign": "top",
        "captions": [
            _caption(name, "relationship", shown=True, told=True),
            *(_caption(p.name, "property", shown=p.name in _CAPTION, told=p.name in _IN_TOOLTIP) for p in found),
        ],
        "captionKeys": [],
        "styleRules": style.rules,
    }


def _caption(key: str, kind: str, *, shown: bool, told: bool) -> Json:
    return {"key": key, "type": kind, "isCaption": shown, "inTooltip": told, "styles": []}


def _labels() -> Json:
    label, history = _HISTORY
    found = {table.label.value: of_label(table.label) for table in NODE_KINDS}
    return {name: [_property(name, p) for p in properties] for name, properties in (*found.items(), (label, history))}


def _property(owner: str, found: Property) -> Json:
    return {"propertyKey": found.name, "type": owner, "dataType": found.kind}


def _template(place: int, phrase: Phrase) -> Json:
    return {
        "name": phrase.about,
        "id": f"tmpl:{number('phrase', phrase.file)}",
        "createdAt": place,
        "text": phrase.text,
        "cypher": queries.cypher(f"bloom/{phrase.file}"),
        "isUpdateQuery": False,
        "isWriteTransactionChecked": False,
        "params": [_parameter(parameter) for parameter in phrase.parameters],
        "hasCypherErrors": False,
    }


def _parameter(parameter: Parameter) -> Json:
    return {
        "name": f"${parameter.name}",
        "dataType": "String",
        "collapsed": False,
        "suggestionLabel": parameter.label,
        "suggestionProp": parameter.property,
        "suggestionBoolean": False,
        "cypher": None,
    }


def _scene_action(place: int, action: Action) -> Json:
    ids = {style.label: place for place, style in enumerate(NODE_STYLES, 1)}
    return {
        "name": action.name,
        "id": unique("action", action.file),
        "createdAt": place,  # Bloom lists actions in the order in which they were made
        "cypher": queries.cypher(f"bloom/{action.file}"),
        "isUpdateQuery": action.writes,
        "isWriteTransactionChecked": action.writes,
        "categories": [ids[label] for label in action.on],
        "relationshipTypes": None,
        "hasCypherErrors": False,
    }


def _path_segments() -> list[Json]:
    return [
        {"source": kind.source.value, "relationshipType": kind.relation.value, "target": kind.target.value}
        for kind in EDGE_KINDS
    ]


def _indexes() -> list[Json]:
    """Return the indexes that Bloom may search by: the ids, and the words."""
    native = [
        {"label": table.label.value, "type": "native", "propertyKeys": [{"key": "id", "metadataProp": False}]}
        for table in NODE_KINDS
    ]
    words = [
        {
            "type": "full-text", "state": "ONLINE", "entityType": "NODE", "tokenNames": [table.label.value],
            "name": f"kg_{table.file}_words", "propertyNames": ["search"], "propertyKeys": [],
            "provider": {"key": "fulltext", "version": "1.0"},
        }
        for table in NODE_KINDS
        if table.words and table.label.value != "Theme"
    ]  # fmt: skip
    return [*native, *words]
