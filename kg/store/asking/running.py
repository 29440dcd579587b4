"""Run a question: on an open store, or as a method of a client that blocks or of one that does not."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from kg.store.asking.requests import Question, Request, Work
from kg.store.driver import GraphStore

__all__ = ["Reader", "ReaderAsync", "as_coroutine", "as_method", "on_store"]

P = ParamSpec("P")
T = TypeVar("T")


class Reader(Protocol):
    """Who serves the requests of a question."""

    def serve(self, request: Request) -> object:
        """Return the rows that were asked for, or what the work gave."""
        ...


class ReaderAsync(Protocol):
    """Who serves the requests of a question without blocking."""

    def serve(self, request: Request) -> Awaitable[object]:
        """Return the rows that were asked for, or what the work gave."""
        ...


def on_store(question: Callable[P, Question[T]]) -> Callable[Concatenate[GraphStore, P], T]:
    """Return a function that asks ``question`` of an open store."""

    def asked(store: GraphStore, *args: P.args, **kwargs: P.kwargs) -> T:
        def serve(request: Request) -> object:
            return request.run() if isinstance(request, Work) else store.read(request.name, request.parameters)

        return _answer(question(*args, **kwargs), serve)

    return _like(question, asked, "store")


def as_method(question: Callable[P, Question[T]]) -> Callable[Concatenate[Reader, P], T]:
    """Return a method that asks ``question``."""

    def asked(self: Reader, *args: P.args, **kwargs: P.kwargs) -> T:
        return _answer(question(*args, **kwargs), self.serve)

    return _like(question, asked, "self")


def as_coroutine(
    question: Callable[P, Question[T]],
) -> Callable[Concatenate[ReaderAsync, P], Coroutine[Any, Any, T]]:
    """Return a method that asks ``question`` and is awaited."""

    async def asked(self: ReaderAsync, *args: P.args, **kwargs: P.kwargs) -> T:
        asking, given = question(*args, **kwargs), None
        while True:
            try:
                request = asking.send(given)
            except StopIteration as done:
                return done.value
            given = await self.serve(request)

    return _like(question, asked, "self")


def _answer(asking: Question[T], serve: Callable[[Request], object]) -> T:
    given = None
    while True:
        try:
            request = asking.send(given)
        except StopIteration as done:
            return done.value
        given = serve(request)


def _like(question: Callable[..., Any], asked: Any, first: str) -> Any:  # noqa: ANN401 - keeps what it is given
    """Give ``asked`` the name, help and parameters of ``question``, after one called ``first``."""
    functools.update_wrapper(asked, question)
    signature = inspect.signature(question)
    parameters = [inspect.Parameter(first, inspect.Parameter.POSITIONAL_OR_KEYWORD), *signature.parameters.values()]
    answer = str(signature.return_annotation).removeprefix("Question[").removesuffix("]")
    asked.__signature__ = signature.replace(parameters=parameters, return_annotation=answer)
    return asked
