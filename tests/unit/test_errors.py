"""The error tree: exit codes, what is said, and the way home from a worker process."""

from __future__ import annotations

import inspect
import pickle

import pytest

from kg import errors
from kg.errors import Ambiguous, ConfigError, InputError, KgError, NotFound, QualityGateError

ALL = [getattr(errors, name) for name in errors.__all__]


def made(kind: type[KgError]) -> KgError:
    """Return an error of ``kind`` with everything it can carry."""
    if kind is InputError:
        return InputError("no number", file="a.csv", line=3, field="price", remedy="write 3.49")
    if issubclass(kind, NotFound):
        return kind("no tea", suggestions=[("t1", "black tea")], remedy="name one")
    return kind("it broke", remedy="mend it")


@pytest.mark.parametrize("kind", ALL)
def test_every_error_stands_in_the_tree_that_the_module_draws(kind: type[KgError]) -> None:
    """The module's docstring names every class, with its exit code."""
    drawn = next(line for line in str(errors.__doc__).splitlines() if kind.__name__ in line.split())
    assert f"exit {kind.exit_code}" in drawn


@pytest.mark.parametrize("kind", ALL)
def test_the_reason_comes_before_the_remedy(kind: type[KgError]) -> None:
    """What went wrong and what to do stand on one line, in this order."""
    error = made(kind)
    text = str(error)
    assert text.index(error.reason) < text.index(error.remedy)
    assert "\n" not in text


@pytest.mark.parametrize("kind", ALL)
def test_an_error_survives_the_way_from_a_worker_process(kind: type[KgError]) -> None:
    """Pickled and unpickled, an error keeps its class, its words and all it carries."""
    error = made(kind)
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert (str(back), vars(back), back.args) == (str(error), vars(error), error.args)


def test_an_error_without_a_remedy_ends_with_its_reason() -> None:
    """No remedy, no dangling semicolon."""
    assert str(KgError("it broke")) == "it broke"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InputError("no number", file="a.csv"), "a.csv: no number"),
        (InputError("no number", file="a.csv", line=3), "a.csv:3: no number"),
        (InputError("no number", file="a.csv", line=3, field="price"), "a.csv:3: price: no number"),
    ],
)
def test_an_input_error_says_where(error: InputError, said: str) -> None:
    """File, line and field come first, as far as they are known."""
    assert str(error) == said


def test_exit_codes_are_the_documented_three() -> None:
    """2 is configuration, 3 a missed gate, everything else 1."""
    codes = {kind: kind.exit_code for kind in ALL}
    assert codes.pop(ConfigError) == 2
    assert codes.pop(QualityGateError) == 3
    assert set(codes.values()) == {1}


def test_an_ambiguous_key_is_a_kind_of_not_found() -> None:
    """Who handles a key that names nothing also handles one that names several things."""
    assert issubclass(Ambiguous, NotFound)


def test_no_error_of_ours_is_left_out_of_the_module_s_list() -> None:
    """``__all__`` names every class of the module."""
    classes = {name for name, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == "kg.errors"}
    assert classes == set(errors.__all__)
