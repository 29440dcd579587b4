"""What tokens cost: to the cent, and unknown rather than nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from extractors.llm.limits_options import PriceOptions
from extractors.llm.prices import Prices
from extractors.llm.replies import Usage
from kg.config import load_yaml, validate
from kg.errors import ConfigError

TABLE = """
currency: EUR
models:
  small: {prompt: 0.15, completion: 0.60, cached_prompt: 0.075}
  "big*": {prompt: 10, completion: 30}
  "big-2*": {prompt: 5, completion: 15, batch_factor: 0.4}
"""


def table(tmp_path: Path, text: str = TABLE) -> PriceOptions:
    """Return the price table that a file holds."""
    file = tmp_path / "prices.yaml"
    file.write_text(text)
    return validate(load_yaml(file), PriceOptions)


@pytest.mark.parametrize(
    ("model", "cost"),
    [("small", "0.00075"), ("big-1", "0.04"), ("big-2-mini", "0.02"), ("bigger", "0.04"), ("smaller", None)],
)
def test_longest_name_counts(tmp_path: Path, model: str, cost: str | None) -> None:
    """A model has the price of its name, else of its longest beginning, else none."""
    assert Prices(table(tmp_path)).cost(model, Usage(1000, 1000)) == (None if cost is None else Decimal(cost))


def test_batch(tmp_path: Path) -> None:
    """The Batch API costs half, unless the table says otherwise."""
    prices = Prices(table(tmp_path))
    assert prices.cost("big-1", Usage(1000, 1000), batch=True) == Decimal("0.02")
    assert prices.cost("big-2", Usage(1000, 1000), batch=True) == Decimal("0.008")


def test_cached_prompt_tokens(tmp_path: Path) -> None:
    """Prompt tokens from the provider's cache have their own price, or that of the others."""
    prices = Prices(table(tmp_path))
    assert prices.cost("small", Usage(1000, 0), cached_prompt_tokens=400) == Decimal("0.00012")
    assert prices.cost("big-1", Usage(1000, 0), cached_prompt_tokens=400) == Decimal("0.01")


def test_model_on_this_machine() -> None:
    """The embedded model costs nothing; that is known."""
    assert Prices(PriceOptions(), free=["local"]).cost("local", Usage(1000, 1000)) == 0


def test_to_the_cent_over_ten_million_calls(tmp_path: Path) -> None:
    """Ten million costs add up to what their tokens cost together, exactly."""
    prices = Prices(table(tmp_path))
    one = prices.cost("small", Usage(333, 77))
    assert one is not None
    assert one * 10_000_000 == prices.cost("small", Usage(3_330_000_000, 770_000_000)) == Decimal("961.5")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("small: {prompt: -1, completion: 1}", r"prices.yaml:3: models.small.prompt: .*greater than or equal to 0"),
        ("small: {prompt: 1}", r"models.small.completion: this setting is required"),
        (
            "small: {prompt: cheap, completion: 1}",
            r"models.small.prompt: 'cheap' does not fit: expected a valid decimal",
        ),
        ("small: {prompt: .nan, completion: 1}", r"models.small.prompt: .*finite"),
        ("small: {prompt: 1, completion: 1, reply: 1}", r"models.small.reply: unknown setting"),
        (
            '"a*b": {prompt: 1, completion: 1}',
            r"models: 'a\*b': a model's name, or its beginning and one \* at the end",
        ),
    ],
)
def test_mistakes(tmp_path: Path, line: str, message: str) -> None:
    """A mistake in the table is reported with its file, line and setting."""
    with pytest.raises(ConfigError, match=message):
        table(tmp_path, f"currency: EUR\nmodels:\n  {line}\n")
