"""From (category, phrase) groups of products to product types: names, ids, reach, and the table behind them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kg.catalog.mining import Phrasebook
from kg.catalog.table import Corrections, TableRow
from kg.model import ProductType, TypeId
from kg.text import key, normalise, slug

__all__ = ["OTHER", "Group", "Named", "name_types"]

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Group:
    """Products of one category whose titles name one phrase. ``popularity`` is their sum."""

    category: str
    phrase: str
    products: int
    popularity: float
    example: str


@dataclass(frozen=True, slots=True)
class Named:
    """``type_ids`` beside the groups given; the types by falling reach; the table's rows."""

    type_ids: Sequence[TypeId]
    types: Sequence[ProductType]
    table: Sequence[TableRow]


def name_types(groups: Sequence[Group], book: Phrasebook, corrections: Corrections, min_support: int) -> Named:
    """Name every group's product type.

    A phrase that fewer than ``min_support`` products share gives way to its head, then to the category's
    own name; products with neither are of type "other". The same name in two departments (first category
    segment) is one type, unless it is a single word and the categories below have no word in common: then the
    smaller one's id carries the department ("mice-pet").

    Reach, 0..1: half the type's share of all products plus half its share of all popularity (all of it the
    former where no product has popularity); the reaches of a catalogue sum to 1.
    """
    phrases = _settle(groups, book, min_support)
    names = [
        corrections.names.get((group.category, group.phrase))
        or corrections.names.get((group.category, phrase))
        or _name(group.category, phrase, book.spellings)
        for group, phrase in zip(groups, phrases, strict=True)
    ]
    ids = _identify(groups, names)
    types = _types(groups, names, ids)
    return Named(ids, types, _table(groups, phrases, names))


def _settle(groups: Sequence[Group], book: Phrasebook, min_support: int) -> list[str]:
    """Return each group's phrase after those with too little support gave way."""
    everywhere: Counter[str] = Counter()
    here: Counter[tuple[str, str]] = Counter()
    for group in groups:
        everywhere[group.phrase] += group.products
        here[group.category, group.phrase] += group.products
    merged = _merge_thin(groups, book, here, min_support)
    total: Counter[str] = Counter()
    for group in groups:
        total[merged.get((group.category, group.phrase), group.phrase)] += group.products
    out: list[str] = []
    for group in groups:
        phrase = merged.get((group.category, group.phrase), group.phrase)
        lexicon = book.lexicons.get(group.category)
        parts = lexicon.parts if lexicon else frozenset[tuple[str, ...]]()
        while phrase and total[phrase] < min_support and tuple(phrase.split()) not in parts:
            phrase = phrase.partition(" ")[2]
        out.append(phrase)
    return out


def _merge_thin(
    groups: Iterable[Group], book: Phrasebook, here: Counter[tuple[str, str]], min_support: int
) -> dict[tuple[str, str], str]:
    """Fold refinements that rest on one brand into their head where they would leave a lone product behind."""
    by_head: dict[tuple[str, str], list[str]] = defaultdict(list)
    for group in groups:
        if group.phrase:
            by_head[group.category, group.phrase.rpartition(" ")[2]].append(group.phrase)
    out: dict[tuple[str, str], str] = {}
    for (category, head), phrases in sorted(by_head.items()):
        lexicon = book.lexicons.get(category)
        if lexicon is None or len(phrases) < 2:
            continue
        thin = {phrase for phrase in phrases if tuple(phrase.split()) in lexicon.thin}
        whole = {phrase for phrase in phrases if " " in phrase and tuple(phrase.split()) in lexicon.parts}
        firm = [
            p for p in phrases if " " in p and p not in thin and p not in whole and here[category, p] >= min_support
        ]
        alone = sum(
            here[category, p] for p in phrases if p not in whole and (p == head or here[category, p] < min_support)
        )
        if thin and not firm and 0 < alone < min_support:
            out.update({(category, phrase): head for phrase in thin})
    return out


def _name(category: str, phrase: str, spellings: Mapping[str, Counter[str]]) -> str:
    """Return the display name: as the category writes it, else as most titles do (ties: the plural)."""
    leaf = category.rpartition(" > ")[2]
    if not phrase:
        return " ".join(leaf.lower().split()) or OTHER
    counter = spellings.get(phrase)
    own = normalise(leaf)
    if key(own) == phrase:
        return own
    if not counter:
        return phrase
    return min(counter.items(), key=lambda item: (-item[1], -len(item[0]), item[0]))[0]


def _identify(groups: Sequence[Group], names: list[str]) -> list[TypeId]:
    """Return each group's type id; ``names`` are unified in place, so that one type has one name."""
    by_key: dict[str, list[int]] = defaultdict(list)
    for at, name in enumerate(names):
        by_key[key(name) or name].append(at)
    ids = [TypeId("")] * len(groups)
    taken: set[str] = set()
    for _, members in sorted(by_key.items()):
        weight: Counter[str] = Counter()
        for at in members:
            weight[names[at]] += groups[at].products
        name = min(weight.items(), key=lambda item: (-item[1], -len(item[0]), item[0]))[0]
        for suffix, part in _departments(groups, members, name):
            type_id = _free(slug(f"{name} {suffix}") or OTHER, taken)
            for at in part:
                ids[at] = TypeId(type_id)
                names[at] = name
    return ids


def _free(wanted: str, taken: set[str]) -> str:
    number, free = 1, wanted
    while free in taken:
        number += 1
        free = f"{wanted}-{number}"
    taken.add(free)
    return free


def _departments(groups: Sequence[Group], members: Sequence[int], name: str) -> list[tuple[str, list[int]]]:
    """Split the groups of one name into types: ("", the main one), (department, another meaning) ..."""
    by_department: dict[str, list[int]] = defaultdict(list)
    for at in members:
        by_department[groups[at].category.partition(" > ")[0]].append(at)
    ordered = sorted(by_department, key=lambda top: (-sum(groups[at].products for at in by_department[top]), top))
    main = list(by_department[ordered[0]])
    words = _below(groups, main)
    out: list[tuple[str, list[int]]] = [("", main)]
    for top in ordered[1:]:
        part = by_department[top]
        if " " in name or not top or not ordered[0] or name == OTHER or words & _below(groups, part):
            main.extend(part)
        else:
            out.append((top, part))
    return out


def _below(groups: Sequence[Group], members: Iterable[int]) -> set[str]:
    """Return the words of the categories below the department."""
    return {word for at in members for word in key(groups[at].category.partition(" > ")[2]).split()}


def _types(groups: Sequence[Group], names: Sequence[str], ids: Sequence[TypeId]) -> list[ProductType]:
    products: Counter[TypeId] = Counter()
    popularity: Counter[TypeId] = Counter()
    where: dict[TypeId, Counter[str]] = defaultdict(Counter)
    called: dict[TypeId, str] = {}
    aliases: dict[TypeId, set[str]] = defaultdict(set)
    for group, name, type_id in zip(groups, names, ids, strict=True):
        products[type_id] += group.products
        popularity[type_id] += group.popularity  # type: ignore[assignment]
        where[type_id][group.category] += group.products
        called[type_id] = name
        if group.phrase and key(group.phrase) != key(name):
            aliases[type_id].add(group.phrase)
    all_products, all_popularity = products.total(), float(popularity.total())
    types: list[ProductType] = []
    for type_id, count in products.items():
        reach = share = count / all_products
        if all_popularity > 0:
            reach = (share + popularity[type_id] / all_popularity) / 2
        category = min(where[type_id].items(), key=lambda item: (-item[1], item[0]))[0]
        others = tuple(sorted(aliases[type_id]))[:8]
        types.append(ProductType(type_id, called[type_id], category, count, round(reach, 9), others))
    return sorted(types, key=lambda kind: (-kind.reach, kind.id))


def _table(groups: Sequence[Group], phrases: Sequence[str], names: Sequence[str]) -> list[TableRow]:
    rows: dict[tuple[str, str], TableRow] = {}
    for group, phrase, name in zip(groups, phrases, names, strict=True):
        before = rows.get((group.category, phrase))
        count = group.products + (before.products if before else 0)
        example = before.example if before else group.example
        rows[group.category, phrase] = TableRow(group.category, phrase, name, count, example)
    return list(rows.values())
