"""Ask the graph: what satisfies an intent, what goes with, replaces or pairs with something, and why.

A key is an id, exactly as in the catalogue, or words. An id always wins. Words must name one thing clearly, else
the error lists what they might have meant.

:func:`connect` and :func:`connect_async` are for services. The functions here ask the same questions of an open store:
``complements(store, key, ...)``.
"""

from __future__ import annotations

from kg.store.asking import explaining, naming, questions
from kg.store.asking.clients import AsyncGraph, Graph, connect, connect_async
from kg.store.asking.keeping import stand_ins
from kg.store.asking.running import on_store

__all__ = [
    "AsyncGraph", "Graph", "complements", "complements_of_cart", "connect", "connect_async", "intent", "neighbourhood",
    "pairings", "resolve", "stand_ins", "stats", "subject", "substitutes", "substitutes_in_stock", "why",
]  # fmt: skip

intent = on_store(questions.intent)
complements = on_store(questions.complements)
complements_of_cart = on_store(questions.complements_of_cart)
substitutes = on_store(questions.substitutes)
substitutes_in_stock = on_store(questions.substitutes_in_stock)
pairings = on_store(questions.pairings)
neighbourhood = on_store(questions.neighbourhood)
why = on_store(explaining.why)
resolve = on_store(naming.resolve)
subject = on_store(naming.subject)
stats = on_store(questions.stats)
