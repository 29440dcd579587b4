"""JSON-LD in the words of schema.org, one document a line: term sets, intents, product types, products, themes.

Relations that schema.org has a word for are said twice: with that word and the bare target, and in our own words
(``kg:``) as claims with rank, scores and explanation. docs/exports.md has the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any

from kg.model import Level, NodeKind, Relation
from kg.records import to_json
from kg.store.export.output import Output
from kg.store.export.source import Source, Steps, Table, kinds_of
from kg.store.export.texts import json_text, literal, quoted, together, when, when_known
from kg.store.kinds import EdgeKind, NodeTable

__all__ = ["NAME", "TERMS", "JsonldOptions", "write"]

NAME = "jsonld"
TERMS = "https://github.com/product-kg/product-kg/blob/main/docs/exports.md#"
"""What our own terms begin with."""

_START = '{"@context":' + to_json(["https://schema.org", {"kg": TERMS}]).decode()
_PATHS = {NodeKind.INTENT: "intent", NodeKind.TYPE: "type", NodeKind.THEME: "theme", NodeKind.PRODUCT: "product"}
_SETS = {NodeKind.INTENT: "Shopping intents", NodeKind.TYPE: "Product types", NodeKind.THEME: "Themes of intents"}
# schema.org's words for relations between products. isAccessoryOrSparePartFor says too much: what goes with a thing is
# seldom part of it.
_RELATED = {
    Relation.COMPLEMENTS: "isRelatedTo", Relation.PAIRS_WITH: "isRelatedTo", Relation.SUBSTITUTES: "isSimilarTo",
}  # fmt: skip
# Words of schema.org for columns, of products and of everything else; the rest are our own words.
_OF_PRODUCT = {
    "title": "name", "description": "description", "category": "category", "group_id": "inProductGroupWithID",
    "color": "color", "size": "size",
}  # fmt: skip
_OF_TERM = {"name": "name", "description": "description", "aliases": "alternateName"}
_OWN_SHAPE = frozenset({"brand", "audience", "price", "in_stock", "type_id"})
_PROPERTIES = ("compatible_with", "diet", "flavour", "form", "scent", "size_class")
_HIDDEN = frozenset({"id", "s", "t", "h"})

_CHUNK = 1_000

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class JsonldOptions:
    """``base``: what the IRIs of nodes begin with. ``currency``: of the prices, three letters."""

    level: Level = Level.PRODUCT
    base: str = "urn:product-kg:"
    currency: str = ""


def write(source: Source, output: Output, options: JsonldOptions, steps: Steps) -> str:
    """Write a build as JSON-LD, one document a line."""
    nodes, edges = kinds_of(options.level)
    given = {"base": options.base, "currency": options.currency}
    total = source.total(nodes)
    with output.file() as sink:
        sink.lines([_term_set(kind.label, options.base) for kind in nodes if kind.label in _SETS])
        for kind in nodes:
            follow = [edge for edge in edges if edge.source is kind.label]
            rows = chain.from_iterable(_in_order(source, kind, follow, given))
            documents = (_document(list(group), follow) for _, group in groupby(rows, key=itemgetter(0)))
            while batch := list(islice(documents, _CHUNK)):
                sink.lines(batch)
                steps("writing", len(batch), total)
    return ""


def _term_set(label: NodeKind, base: str) -> str:
    known = {"@id": f"{base}{_PATHS[label]}", "@type": "DefinedTermSet", "name": _SETS[label]}
    return f"{_START},{to_json(known).decode()[1:]}"


def _in_order(
    source: Source, kind: NodeTable, follow: Sequence[EdgeKind], given: Mapping[str, str]
) -> Iterator[list[Row]]:
    """Yield the nodes of a kind, each followed by its claims: id, kind of edge, the target's IRI, text.

    Kinds of edges are numbered from 1; 0 is the node itself. One sort puts all in order, however many kinds there are.
    """
    node = source.table(kind)
    said = f"'' AS iri, {_node(kind.label, node)} AS said"
    texts = [f"SELECT id, 0 AS part, CAST(0 AS BIGINT) AS rank, '' AS t, {said} FROM ({node.select})"]
    for number, edge in enumerate(follow, 1):
        table = source.table(edge)
        rank = "rank" if "rank" in table.columns else "0"
        iri = _iri(edge.target, "t")
        texts.append(f"SELECT s, {number}, {rank}, t, {iri}, {_claim(edge.target, table)} FROM ({table.select})")
    # One after the other: sorting them as a union needs memory for all of them at once.
    source.gather("documents", texts, given)
    return source.tuples("SELECT id, part, iri, said FROM documents ORDER BY id, part, rank, t")


def _document(rows: Sequence[Row], follow: Sequence[EdgeKind]) -> str:
    """Return the document of a node, from its own row and those of its claims."""
    said: dict[str, list[str]] = {}
    related: dict[str, dict[str, None]] = {}
    for _, part, iri, claim in rows[1:]:
        kind = follow[int(part) - 1]
        said.setdefault(f"kg:{_camel(kind.relation)}", []).append(claim)
        if kind.source is NodeKind.PRODUCT and kind.relation in _RELATED:
            related.setdefault(_RELATED[kind.relation], {})[f'{{"@id":{iri},"@type":"Product"}}'] = None
    lists = "".join(f',"{word}":[{",".join(items)}]' for word, items in (*related.items(), *said.items()))
    # Such a line may well be put into a page: no text in it may end the script element around it.
    return f"{_START},{rows[0][3]}{lists}}}".replace("<", "\\u003c")


def _node(label: NodeKind, table: Table) -> str:
    """Return SQL of a node's document, from its id to the last thing that is no relation."""
    product = label is NodeKind.PRODUCT
    words = _OF_PRODUCT if product else _OF_TERM
    parts = [literal('"@id":'), _iri(label, "id"), literal(f',"@type":"{"Product" if product else "DefinedTerm"}"')]
    parts += [literal(',"sku":' if product else ',"termCode":'), json_text(quoted("id"))]
    if not product:
        terms = json_text(together("$base", literal(_PATHS[label])))
        parts += [literal(',"inDefinedTermSet":{"@id":'), terms, literal("}")]
    own = {*_HIDDEN, *(_OWN_SHAPE if product else ()), *(_PROPERTIES if product else ())}
    parts += [_field(words.get(name, f"kg:{_camel(name)}"), name, kept) for name, kept in _rest(table, own)]
    return together(*parts, *(_shapes() if product else ()))


def _shapes() -> list[str]:
    """Return SQL of what is an object of its own in a product's document."""
    return [
        _object("brand", "Brand", "name", "brand"),
        _object("audience", "Audience", "audienceType", "audience"),
        when_known("type_id", "VARCHAR", together(literal(',"additionalType":'), _iri(NodeKind.TYPE, "type_id"))),
        _offer(),
        _properties(),
    ]


def _offer() -> str:
    stock = "CASE WHEN in_stock THEN 'InStock' ELSE 'OutOfStock' END"
    availability = together(literal(',"availability":"https://schema.org/'), stock, literal('"'))
    currency = when("$currency <> ''", together(literal(',"priceCurrency":'), json_text("$currency")))
    return together(
        literal(',"offers":{"@type":"Offer"'),
        when_known("in_stock", "BOOLEAN", availability),
        when_known("price", "DOUBLE", together(literal(',"price":'), json_text("price"), currency)),
        literal("}"),
    )


def _properties() -> str:
    items: list[str] = []
    for name in _PROPERTIES:
        start = literal('{"@type":"PropertyValue","name":"' + name + '","value":')
        # Nothing, not an empty text, where it is not known: then no comma is put before it.
        items.append(
            f"nullif({when_known(name, 'VARCHAR', together(start, json_text(quoted(name)), literal('}')))}, '')"
        )
    joined = f"concat_ws(',', {', '.join(items)})"
    return when(f"{joined} <> ''", together(literal(',"additionalProperty":['), joined, literal("]")))


def _object(word: str, kind: str, part: str, name: str) -> str:
    start = f',"{word}":{{"@type":"{kind}","{part}":'
    return when_known(name, "VARCHAR", together(literal(start), json_text(quoted(name)), literal("}")))


def _claim(target: NodeKind, table: Table) -> str:
    """Return SQL of a relation as a claim about its target, or as the bare target if it has no properties."""
    iri, rest = _iri(target, "t"), _rest(table, _HIDDEN)
    if not rest:
        return together(literal('{"@id":'), iri, literal("}"))
    start = [literal('{"@type":"kg:Claim","kg:target":{"@id":'), iri, literal("}")]
    return together(*start, *(_field(f"kg:{_camel(name)}", name, kept) for name, kept in rest), literal("}"))


def _rest(table: Table, without: set[str] | frozenset[str]) -> list[tuple[str, str]]:
    return [(name, kept) for name, kept in table.columns.items() if name not in without]


def _field(word: str, name: str, kept: str) -> str:
    return when_known(name, kept, together(literal(f',"{word}":'), json_text(quoted(name))))


def _iri(label: NodeKind, name: str) -> str:
    """Return SQL of a node's IRI as JSON."""
    return json_text(together("$base", literal(f"{_PATHS[label]}/"), f"url_encode({quoted(name)})"))


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)
