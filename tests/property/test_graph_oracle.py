"""Projection against a brute-force oracle that looks at every pair of products, one by one."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.catalog.vocabulary import Vocabulary, load_vocabulary
from kg.graph.names import GUARD_NAMES
from kg.graph.options import ProjectionOptions
from kg.graph.sku_checks import check_products
from kg.graph.traits import Traits, default_traits
from kg.model import Edge, Product, Relation
from tests.parts.graph_shop import Shop, edge, product


def _kept_form() -> Vocabulary:
    """Return our vocabulary, but that a substitute must come in the same form."""
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "own.yaml"
        own.write_text("attributes: {form: {replacement: keep}}")
        return load_vocabulary(own)


AGES = {"baby", "kids", "adult"}
IMPLIED = {"vegan": {"vegan", "vegetarian", "lactose-free"}}
DEVICES = {"Orbi 1", "Orbi 1 Pro", "Kantro"}
FORM_KEPT = Traits(_kept_form())
GRAMS = {"": 0, "1 g": 1, "2 g": 2, "4 g": 4, "16 g": 16, "8 x 8 g": 64}


def _set(one: Product, name: str) -> set[str]:
    return {part for part in one.attributes.get(name, "").split(";") if part}


def _diets(one: Product) -> set[str]:
    return {each for name in _set(one, "diet") for each in IMPLIED.get(name, {name})}


def _models(one: Product, stated: set[str]) -> set[str]:
    """Return what a product fits, or else what it is: its title starts with at most one known device."""
    return _set(one, "compatible_with") or {name for name in stated if one.title == f"{name} thing"}


def _audience(s: Product, t: Product) -> bool:
    one, other = _set(s, "audience"), _set(t, "audience")
    pets, others = one - AGES, other - AGES
    if pets and others and not pets & others:
        return True
    if bool(pets) != bool(others):
        return bool(one and other)
    # Ages hold among animals too: what is for adult cats is not for kittens.
    one, other = one & AGES, other & AGES
    lone = one == {"adult"} and other and "adult" not in other
    return bool(lone or (other == {"adult"} and one and "adult" not in one))


def _audience_kept(s: Product, t: Product) -> bool:
    one, other = _set(s, "audience"), _set(t, "audience")
    return bool(one - AGES) != bool(other - AGES) or ("baby" in one and "baby" not in other)


def _size(s: Product, t: Product) -> bool:
    one, other = (GRAMS[each.attributes.get("size", "")] for each in (s, t))
    return bool(one and other) and max(one, other) > 4 * min(one, other)


def _scent(s: Product, t: Product) -> bool:
    gentle = "unscented" in _set(s, "scent") or "sensitive" in _set(s, "skin_type")
    return gentle and bool(_set(t, "scent") - {"unscented"})


def _scent_kept(s: Product, t: Product) -> bool:
    return "unscented" in _set(s, "scent") and "unscented" not in _set(t, "scent") and t.type_id == "soap"


def _same(name: str, s: Product, t: Product) -> bool:
    return bool(_set(s, name) & _set(t, name) - {"unscented", "vegan", "vegetarian", "lactose-free", "gluten-free"})


class Oracle:
    """Projection by looking at everything."""

    def __init__(self, products: list[Product], edges: list[Edge], options: ProjectionOptions, kept: set[str]) -> None:
        self.kept = kept
        self.edges, self.options = edges, options
        self.by_type: dict[str, list[Product]] = defaultdict(list)
        self.brands = {each.brand for each in products if each.brand}
        ends = {edge.source_id for edge in edges} | {edge.target_id for edge in edges}
        for each in products:
            self.by_type[each.type_id].append(each)
        self.stated = {model for each in products if each.type_id in ends for model in _set(each, "compatible_with")}

    def rows(self) -> list[tuple[str, str, str, int]]:
        """Return (relation, source, target, rank), sorted as the file is."""
        found: dict[tuple[Relation, str], list[tuple[int, int, str]]] = defaultdict(list)
        for number, one in enumerate(sorted(self.edges, key=_edge_order)):
            for source in self._sources(one):
                name = one.source_id if source is None else source.id
                for place, target in enumerate(self._targets(one, source), 1):
                    found[one.relation, name].append((place, number, target.id))
        return sorted(
            (relation.value, source, target, rank)
            for (relation, source), options in found.items()
            for rank, (_, _, target) in enumerate(sorted(options)[: self.options.top_k[relation]], 1)
        )

    def _sources(self, one: Edge) -> list[Product | None]:
        return [None] if one.source_id.startswith("i-") else [*self.by_type[one.source_id]]

    def _targets(self, one: Edge, source: Product | None) -> Iterator[Product]:
        """Yield the targets within one edge, best first."""
        everyone = self.by_type[one.target_id]
        most = max((each.popularity for each in everyone), default=0.0)

        def order(each: Product) -> tuple[bool, float, str]:
            bonus = self.options.brand_bonus if source and source.brand and source.brand == each.brand else 0.0
            likes = self.options.preferences if source and one.relation is Relation.SUBSTITUTES else {}
            bonus += sum(weight for name, weight in likes.items() if source and self._likes(name, source, each))
            return not each.in_stock, -((each.popularity / most if most else 0.0) + bonus), each.id

        groups: dict[str, int] = defaultdict(int)
        left = self.options.per_type
        for each in sorted(self._allowed(one, source), key=order):
            group = f"g{each.group_id}" if each.group_id else f"i{each.id}"
            groups[group] += 1
            if left and groups[group] <= self.options.per_group:
                left -= 1
                yield each

    def _likes(self, name: str, s: Product, t: Product) -> bool:
        return not (name == "form" and self.kept) and _same(name, s, t)

    def _allowed(self, one: Edge, source: Product | None) -> list[Product]:
        targets = self.by_type[one.target_id]
        if source is None:
            return targets
        hosts, serves = self._hosts(one), self._serves(one)
        return [each for each in targets if not self._refused(one.relation, source, each, (hosts, serves))]

    def _makers(self, one: Product) -> set[str]:
        """Return the brands that a product belongs with; of an accessory that says nothing they are unknown."""
        kind = self.by_type[one.type_id]
        accessory = 10 * sum(bool(self._bound(each)) for each in kind) >= len(kind)
        return self._bound(one) or (set() if accessory else {one.brand} - {""})

    def _bound(self, one: Product) -> set[str]:
        """Return the brands that a product says it is made for; a list must begin with one of the catalogue's."""
        named = one.title.lower().partition(" for ")[2].split(" and ")
        return self.brands.intersection(named) if named[0] in self.brands else set()

    def _serves(self, one: Edge) -> bool:
        served = {brand for each in self.by_type[one.source_id] for brand in self._bound(each)}
        return any(self._makers(each) & served for each in self.by_type[one.target_id] if not self._bound(each))

    def _hosts(self, one: Edge) -> bool:
        mine = {model for each in self.by_type[one.source_id] for model in _set(each, "compatible_with")}
        return any(_models(each, self.stated) & mine for each in self.by_type[one.target_id])

    def _refused(self, relation: Relation, s: Product, t: Product, edge: tuple[bool, bool]) -> bool:
        hosts, serves = edge

        def compatibility(s: Product, t: Product) -> bool:
            if _models(s, self.stated) & _models(t, self.stated):
                return False
            bound = bool(_set(s, "compatible_with")) and (bool(_models(t, self.stated)) or hosts)
            return bool(_set(t, "compatible_with")) or bound

        def brand(s: Product, t: Product) -> bool:
            one, other = self._makers(s), self._makers(t)
            return bool(one and other and not one & other and (self._bound(t) or (self._bound(s) and serves)))

        always: dict[str, Callable[[Product, Product], bool]] = {
            "variant": lambda s, t: bool(s.group_id) and s.group_id == t.group_id,
            "audience": _audience,
            "scent": _scent,
            "compatibility": compatibility,
            "brand": brand,
        }
        replacing: dict[str, Callable[[Product, Product], bool]] = {
            "audience_kept": _audience_kept,
            "diet": lambda s, t: not _diets(s) <= _diets(t),
            "scent_kept": _scent_kept,
            "form": lambda s, t: not (_set(s, "form") & self.kept) <= _set(t, "form"),
            "size": _size,
        }
        table = always | (replacing if relation is Relation.SUBSTITUTES else {})
        return any(table[name](s, t) for name in self.options.guards if name in table)


def _edge_order(one: Edge) -> tuple[str, str, str, int, str]:
    return one.relation, one.source_kind, one.source_id, one.rank, one.target_id


_TYPES = ["a", "b", "soap"]  # of these only soap has scents
# One draw each: many small draws make generating and shrinking slow.
_AUDIENCES = ("", "baby", "kids", "adult", "cat", "dog", "baby;kids", "adult;kids", "cat;adult", "cat;baby", "cat;dog")
_DIET_LISTS = ("", "", "vegan", "vegetarian", "lactose-free", "vegan;gluten-free", "vegetarian;lactose-free")
_FITS = ("", "", *sorted(DEVICES), "Orbi 1;Orbi 1 Pro", "Orbi 1;Kantro")
_things = st.builds(
    lambda type_id, title, attributes, rest: product("", type_id, title, **rest, **attributes),
    st.sampled_from(_TYPES),
    st.sampled_from(
        ["Thing", "Thing for Acme", "Thing for Acme and Bolt", *(f"{name} thing" for name in sorted(DEVICES))]
    ),
    st.fixed_dictionaries(
        {
            "audience": st.sampled_from(_AUDIENCES),
            "diet": st.sampled_from(_DIET_LISTS),
            "compatible_with": st.sampled_from(_FITS),
            "size": st.sampled_from(sorted(GRAMS)),
            "flavour": st.sampled_from(["", "", "lemon", "vanilla", "lemon;vanilla"]),
            "form": st.sampled_from(["", "", "gel", "powder"]),
            "scent": st.sampled_from(["", "", "", "lavender", "unscented"]),
            "skin_type": st.sampled_from(["", "", "", "sensitive"]),
            "size_class": st.sampled_from(["", "small", "large"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "brand": st.sampled_from(["", "acme", "bolt"]),
            "in_stock": st.booleans(),
            "popularity": st.sampled_from([0.0, 1.0, 3.0, 8.0]),
            "group_id": st.sampled_from(["", "g", "h"]),
        }
    ),
)
_edge_names = st.sampled_from(
    [(a, r, b) for a in _TYPES for b in _TYPES if a != b for r in ("COMPLEMENTS", "SUBSTITUTES", "PAIRS_WITH")]
    + [("i-x", r, b) for b in _TYPES for r in ("SATISFIED_BY", "PAIRS_WITH")]
)
_options = st.builds(
    ProjectionOptions,
    top_k=st.fixed_dictionaries({Relation.COMPLEMENTS: st.integers(1, 4), Relation.SUBSTITUTES: st.just(3)}),
    per_type=st.integers(1, 3),
    per_group=st.integers(1, 2),
    guards=st.just(GUARD_NAMES) | st.lists(st.sampled_from(GUARD_NAMES), unique=True).map(tuple),
    brand_bonus=st.sampled_from([0.0, 0.25, 0.7]),
    preferences=st.sampled_from([{}, {"flavour": 0.5, "size_class": 0.125}, {"flavour": 0.0, "scent": 0.0}]),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    things=st.lists(_things, min_size=2, max_size=12),
    names=st.lists(st.tuples(_edge_names, st.sampled_from([0.5, 0.9]), st.integers(1, 3)), min_size=1, max_size=5,
                   unique_by=lambda each: each[0]),
    options=_options,
    kept=st.sampled_from([set(), {"gel", "powder"}]),
)  # fmt: skip
def test_projection_is_what_looking_at_every_pair_gives(
    things: list[Product],
    names: list[tuple[tuple[str, str, str], float, int]],
    options: ProjectionOptions,
    kept: set[str],
) -> None:
    """Signatures and heads lose nothing: the product edges are those of a search over all pairs, and sound."""
    products = [
        product(f"p{number}", each.type_id, each.title, brand=each.brand, in_stock=each.in_stock,
                popularity=each.popularity, group_id=each.group_id, **each.attributes)
        for number, each in enumerate(things)
    ]  # fmt: skip
    edges = [edge(*name, confidence=confidence, rank=rank) for name, confidence, rank in names]
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder), products, edges, options, FORM_KEPT if kept else default_traits())
        report = shop.project()
        rows = sorted(shop.rows("relation, source_id, target_id, rank"))
        broken = check_products(shop.output(), shop.catalogue, {"i-x"}, options)
    assert rows == Oracle(products, edges, options, kept).rows()
    assert report.counts.balanced
    assert report.counts.taken == len(edges)
    # Random edges may well call the same two types substitutes and complements; nothing else may be broken.
    assert {drop.rule for drop in broken} <= {"clash"}
