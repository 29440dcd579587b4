"""The questions that a merchandiser can type, and the actions for what is selected: names for files of Cypher.

A file of ``cypher/bloom`` begins with what it is: ``phrase_`` is asked in the search bar, ``action_`` is in the menu of
selected nodes or relationships, ``review_`` is a saved query whose table goes to a spreadsheet.
"""

from __future__ import annotations

from dataclasses import dataclass

from kg.model import NodeKind

__all__ = ["ACTIONS", "PHRASES", "Action", "Parameter", "Phrase"]

_INTENT, _TYPE, _PRODUCT = NodeKind.INTENT, NodeKind.TYPE, NodeKind.PRODUCT


@dataclass(frozen=True, slots=True)
class Parameter:
    """A place to fill in. Bloom suggests the values of ``property`` of nodes with ``label``, where there is one."""

    name: str
    label: str | None = None
    property: str | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """``text`` is what is typed, with ``$name`` where a parameter stands; ``about`` explains it below."""

    file: str
    text: str
    about: str
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """``on``: labels whose selected nodes it is for; none: it is for selected relationships."""

    file: str
    name: str
    on: tuple[NodeKind, ...] = ()
    writes: bool = False


_OF_INTENT = (Parameter("intent", _INTENT.value, "name"),)
_OF_TYPE = (Parameter("type", _TYPE.value, "name"),)
_OF_PRODUCT = (Parameter("product", _PRODUCT.value, "title"),)
_TWO_TYPES = (Parameter("a", _TYPE.value, "name"), Parameter("b", _TYPE.value, "name"))
_TWO_PRODUCTS = (Parameter("a", _PRODUCT.value, "title"), Parameter("b", _PRODUCT.value, "title"))

PHRASES = (
    Phrase("phrase_types_for_intent", "What satisfies $intent", "The product types that help, best first", _OF_INTENT),
    Phrase("phrase_products_for_intent", "Products for $intent", "The products shoppers are shown", _OF_INTENT),
    Phrase(
        "phrase_pairings_of_intent", "What goes well with $intent",
        "Product types beside a dish, cuisine or occasion", _OF_INTENT,
    ),
    Phrase(
        "phrase_headings_of_intent", "Headings of $intent", "Its headings, and the types under each", _OF_INTENT,
    ),
    Phrase("phrase_complements_of_type", "Complements of type $type", "What is bought together with it", _OF_TYPE),
    Phrase("phrase_substitutes_of_type", "Substitutes of type $type", "What can replace it", _OF_TYPE),
    Phrase("phrase_pairings_of_type", "Pairings of type $type", "What goes well with it", _OF_TYPE),
    Phrase("phrase_products_of_type", "Products of type $type", "What the shop sells of it", _OF_TYPE),
    Phrase(
        "phrase_complements_of_product", "Complements of product $product",
        "What is bought together with it", _OF_PRODUCT,
    ),
    Phrase("phrase_substitutes_of_product", "Substitutes of product $product", "What can replace it", _OF_PRODUCT),
    Phrase("phrase_pairings_of_product", "Pairings of product $product", "What goes well with it", _OF_PRODUCT),
    Phrase(
        "phrase_why_intent", "Why does $intent call for $type", "The edge and its heading", (*_OF_INTENT, *_OF_TYPE),
    ),
    Phrase("phrase_why_types", "Why are types $a and $b joined", "Every edge between them", _TWO_TYPES),
    Phrase(
        "phrase_why_products", "Why are products $a and $b joined",
        "The edges between them, and those of their types", _TWO_PRODUCTS,
    ),
    Phrase("phrase_find", "Find $words", "Intents, product types and products by words", (Parameter("words"),)),
    Phrase("phrase_uncertain", "Edges to review", "The most doubtful edges that most shoppers meet"),
    Phrase(
        "phrase_in_context", "Edges that hold in $context", "A season, an event or a persona: summer, party, families",
        (Parameter("context"),),
    ),
    Phrase(
        "phrase_build_changed", "What build $build changed", "New edges, and faint what went",
        (Parameter("build", "KgGeneration", "build"),),
    ),
    Phrase("phrase_decided", "Edges decided by a person", "Accepted, edited, pinned or made in the decisions file"),
    Phrase("phrase_marked", "Edges marked in Bloom", "Approved or rejected here, newest first"),
    Phrase("phrase_out_of_stock", "Out of stock, with substitutes", "The most popular first"),
    Phrase("phrase_thin_intents", "Intents with few products", "Fewer than three, the most popular first"),
)  # fmt: skip
ACTIONS = (
    Action("action_approve", "Approve", writes=True),
    Action("action_reject", "Reject", writes=True),
    Action("action_clear_review", "Clear the mark", writes=True),
    Action("action_explain", "Explain: where this comes from"),
    Action("action_versions", "Show earlier versions"),
    Action("action_complements", "Show complements", (_TYPE, _PRODUCT)),
    Action("action_substitutes", "Show substitutes", (_TYPE, _PRODUCT)),
    Action("action_pairings", "Show pairings", (_INTENT, _TYPE, _PRODUCT)),
    Action("action_type_knowledge", "Show what is known of the type", (_TYPE, _PRODUCT)),
    Action("action_intents", "Show intents", (_TYPE, _PRODUCT)),
    Action("action_products", "Show products", (_TYPE,)),
    Action("action_satisfied_by", "Show what satisfies it", (_INTENT,)),
    Action("action_headings", "Show headings", (_INTENT,)),
)
