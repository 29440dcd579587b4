"""The registry of linkers: names, options, and what it says when either is wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kg.errors import ConfigError
from linkers.registry import DEFAULT_LINKER, LINKER_OPTIONS, build_linker


def test_default_is_registered() -> None:
    """The default linker is one of the registered ones."""
    assert DEFAULT_LINKER in LINKER_OPTIONS


def test_unknown_linker_suggests() -> None:
    """A mistyped linker gets the nearest name."""
    with pytest.raises(ConfigError, match="did you mean 'hybrid'"):
        build_linker("hybird", {}, [])


def test_strange_linker_lists_the_known() -> None:
    """A name that is like none gets the list."""
    with pytest.raises(ConfigError, match="known here: exact, hybrid, lexical, semantic"):
        build_linker("zzz", {}, [])


def test_unknown_option_suggests() -> None:
    """A mistyped option gets the nearest name."""
    with pytest.raises(ConfigError, match="did you mean 'threshold'"):
        build_linker("hybrid", {"treshold": 0.5}, [])


def test_registry_loads_nothing_heavy() -> None:
    """Naming the linkers imports neither numpy nor rapidfuzz nor tokenizers."""
    code = "import sys, linkers.registry; print(sorted({'numpy', 'rapidfuzz', 'tokenizers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(LINKER_OPTIONS))
def test_every_option_is_described(name: str) -> None:
    """Every option has a default and a description."""
    for field in LINKER_OPTIONS[name].model_fields.values():
        assert field.description
        assert not field.is_required()
