"""Asking a paid, limited, failing provider: how near the ideal, what is paid twice, what is lost, what it costs us.

Run with ``python -m bench.extraction [--quick] [--json]``. The provider is the stand-in of the tests, in a process of
its own; the asking is done by processes too (:mod:`bench.asking`), bound by requests a minute and then by tokens a
minute. The ideal is max(calls / RPM, tokens / TPM, calls x latency / concurrency). With faults, a tenth of the
requests is refused, fails or is cut off, and uses up the limit like any other. Which ones is drawn by the question and
how often it was asked, so the calls that nobody could do without are known: one for each question and one for each
fault that it meets. More than these do not raise the ideal. ``wall_over_faultless`` is the wall time with faults over
the ideal of a provider that has none: with a tenth of the requests lost it cannot be much below 1 / 0.9.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.asking import Asked, questions
from bench.measure import KG, arguments, publish
from bench.peers import langchain_batch, neo4j_graphrag_batch
from extractors.llm.cache import AnswerCache, RecordedAnswer
from extractors.llm.questions import Answer
from kg.records import write_jsonl
from tests.servers.provider_chance import Faults
from tests.servers.provider_process import ProviderProcess, running_process

__all__ = ["main"]

FULL = {
    "questions": 2_000,
    "rpm": 1_200,
    "kills": 50,
    "kill_questions": 10_000,
    "small": 20_000,
    "large": 200_000,
    "estimate_seeds": 3,
    "peer_questions": 600,
}
QUICK = {
    "questions": 150,
    "rpm": 1_200,
    "kills": 5,
    "kill_questions": 600,
    "small": 2_000,
    "large": 20_000,
    "estimate_seeds": 1,
    "peer_questions": 100,
}
_SEED = 7
LATENCY_S = 0.5
CONCURRENCY = 16
KILL_CONCURRENCY = 8
FAULTS: dict[str, Any] = {
    "share": 0.1,
    "mix": {"rate limit": 1, "rate limit, wait": 1, "server error": 1, "overloaded": 1, "reset": 1},
}


def main() -> None:
    """Measure and print."""
    given = arguments(__doc__ or "")
    sizes = QUICK if given.quick else FULL
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures |= _against_ideal(folder, sizes)
        figures |= _live_cpu(folder, sizes)
        figures |= _killed(folder, sizes)
        figures |= _cached(folder, sizes)
        figures |= _estimate_error(folder / "shop", sizes)
        figures |= _peers(folder, sizes)
    publish("extraction", sizes, figures, as_json=given.json)


def _options(provider: ProviderProcess, **more: object) -> dict[str, Any]:
    return {"base_url": provider.base_url, "model": "large", **more}


def _ask(asked: Asked) -> dict[str, float]:
    """Ask in a process of its own and return what it printed."""
    done = subprocess.run(_command(asked), stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def _command(asked: Asked) -> list[str]:
    return [sys.executable, "-m", "bench.asking", json.dumps(asdict(asked))]


def _against_ideal(folder: Path, sizes: Mapping[str, int]) -> dict[str, float]:
    """Ask all questions bound by requests a minute, then by tokens a minute, without faults and with."""
    figures: dict[str, float] = {}
    for faults in (False, True):
        ending = "_faults" if faults else ""
        both = {bound: _ratios(folder, sizes, bound, faults=faults) for bound in ("rpm", "tpm")}
        figures |= {f"wall_over_ideal_{bound}{ending}": ratio for bound, (ratio, _) in both.items()}
        figures[f"wall_over_ideal{ending}"] = max(ratio for ratio, _ in both.values())
        if faults:
            figures["wall_over_faultless"] = max(ratio for _, ratio in both.values())
    return figures


def _ratios(folder: Path, sizes: Mapping[str, int], bound: str, *, faults: bool) -> tuple[float, float]:
    """Return the wall time over the ideal for the calls that are needed, and over that of a faultless provider."""
    count, rpm = sizes["questions"], sizes["rpm"]
    tpm = rpm * _tokens_a_question()
    settings: dict[str, Any] = {
        "limits": {"rpm": rpm} if bound == "rpm" else {"tpm": tpm},
        "latency": {"seconds": LATENCY_S},
        "faults": FAULTS if faults else None,
    }
    with running_process(seed=_SEED, **{name: value for name, value in settings.items() if value}) as provider:
        options = _options(provider, max_concurrency=CONCURRENCY)
        took = _ask(Asked(str(folder / f"ideal-{bound}-{faults}.sqlite"), count, options))
        ledger = provider.ledger()
    if took["failed"]:
        sys.exit(f"{took['failed']} questions failed")
    tokens, answers = sum(ledger.tokens), sum(bool(entry.answered) for entry in ledger.entries)
    met = sum(Faults(**FAULTS).before_answer(_SEED, key) for key in {entry.key for entry in ledger.entries})

    def least_s(calls: int, tokens: float) -> float:
        return max(calls * LATENCY_S / CONCURRENCY, (calls / rpm if bound == "rpm" else tokens / tpm) * 60)

    ideal, faultless = least_s(count + (met if faults else 0), tokens), least_s(count, tokens / answers * count)
    return round(took["wall_s"] / ideal, 4), round(took["wall_s"] / faultless, 4)


def _tokens_a_question() -> int:
    """Return about how many tokens a question and its answer cost at the stand-in."""
    with running_process() as provider, tempfile.TemporaryDirectory() as name:
        _ask(Asked(str(Path(name) / "a.sqlite"), 20, _options(provider)))
        return round(sum(provider.ledger().tokens) / 21)


def _live_cpu(folder: Path, sizes: Mapping[str, int]) -> dict[str, float]:
    """Ask as fast as one process can: the client's CPU for one answer."""
    with running_process() as provider:
        took = _ask(Asked(str(folder / "live.sqlite"), sizes["questions"], _options(provider, max_concurrency=16)))
    return {
        "live_ms": round(took["cpu_s"] * 1000 / sizes["questions"], 2),
        "live_answers_per_s": round(sizes["questions"] / took["wall_s"]),
    }


def _killed(folder: Path, sizes: Mapping[str, int]) -> dict[str, float]:
    """Two processes ask the same; one of them is killed again and again; then both finish."""
    chance = random.Random(1)
    count, answers = sizes["kill_questions"], folder / "killed.sqlite"
    kills: list[float] = []
    lost = 0
    keys = [question.key("large") for question in questions(0, count)]
    with running_process(seed=3, latency={"seconds": 0.3, "spread": 0.3, "kind": "uniform"}) as provider:
        asked = Asked(str(answers), count, _options(provider, max_concurrency=KILL_CONCURRENCY))
        running = [_start(asked), _start(asked)]
        before: set[str] = set()
        for number in range(sizes["kills"]):
            if len(before) == count:
                sys.exit(f"all {count} questions were answered after {number} kills: too few to be killed over")
            time.sleep(chance.uniform(2.0, 4.0))  # importing takes more than a second of it
            victim = running[number % 2]
            if victim.poll() is None:
                victim.send_signal(signal.SIGKILL)
                kills.append(time.monotonic())
            victim.wait()
            now = _answered(answers, keys)
            lost += len(before - now)
            before = now
            running[number % 2] = _start(asked)
        for process in running:
            process.wait()
        ledger = provider.ledger()
    lost += len(set(keys) - _answered(answers, keys))
    twice = ledger.paid_twice(undelivered=True)
    excused = {
        key
        for entry in ledger.entries
        for key in entry.answered
        if any(entry.started_s <= kill <= entry.ended_s + 0.25 for kill in kills)
    }
    return {
        "paid_twice": len(twice.keys() - excused),
        "paid_twice_in_flight_at_a_kill": len(twice.keys() & excused),
        "in_flight_allowed": len(kills) * KILL_CONCURRENCY,
        "kills": len(kills),
        "answers_lost": lost,
    }


def _start(asked: Asked) -> subprocess.Popen[bytes]:
    return subprocess.Popen(_command(asked), stdout=subprocess.DEVNULL)


def _answered(file: Path, keys: list[str]) -> set[str]:
    cache = AnswerCache(file)
    try:
        return set(cache.get_many(keys))
    finally:
        cache.close()


def _cached(folder: Path, sizes: Mapping[str, int]) -> dict[str, float]:
    """Ask what is answered already: the cost of a cached answer, and whether memory grows with their number."""
    answers = folder / "cached.sqlite"
    recorded = folder / "recorded.jsonl"
    answer = Answer(names=("milk", "honey", "lemons", "biscuits", "teapots", "mugs"), prompt_tokens=90)
    known = (*questions(0, sizes["large"]), *questions(10**9, 1))
    write_jsonl(recorded, (RecordedAnswer(each.key("large"), "large", each.item, answer) for each in known))
    cache = AnswerCache(answers)
    cache.import_file(recorded)
    cache.close()
    with running_process() as provider:
        options = _options(provider, max_concurrency=16)
        small, large = (_ask(Asked(str(answers), sizes[size], options)) for size in ("small", "large"))
        requests = provider.summary()["requests"]
    if requests:
        sys.exit(f"{requests} cached questions were asked")
    return {
        "cached_ms": round(large["cpu_s"] * 1000 / sizes["large"], 4),
        "rss_mb": round(large["rss_mb"]),
        "rss_ratio": round(large["rss_mb"] / small["rss_mb"], 3),
    }


def _estimate_error(folder: Path, sizes: Mapping[str, int]) -> dict[str, float]:
    """Ask about a tenth of the sample's types, estimate the rest, ask it, and compare with the provider's bill."""
    errors = [_off(folder / str(seed), seed) for seed in range(sizes["estimate_seeds"])]
    worst = max(errors, key=abs)
    return {"estimate_error": round(abs(worst), 4), "estimate_over_bill_worst": round(1 + worst, 4)}


def _off(folder: Path, seed: int) -> float:
    """Return by which share the estimate is off the bill, of one shop and one provider."""
    subprocess.run([*KG, "init", "--sample", str(folder)], check=True, stderr=subprocess.DEVNULL)
    config = folder / "config.yaml"
    given = ["--json", "--quiet", "--config", str(config)]
    with running_process(seed=seed) as provider:
        config.write_text(_CONFIG % provider.base_url, encoding="utf-8")
        subprocess.run([*KG, "extract", "--limit", "25", *given], check=True, stdout=subprocess.DEVNULL)
        before = sum(provider.ledger().tokens)
        said = subprocess.run([*KG, "estimate", *given], check=True, stdout=subprocess.PIPE)
        expected = json.loads(said.stdout)["expected"]
        subprocess.run([*KG, "extract", *given], check=True, stdout=subprocess.DEVNULL)
        billed = sum(provider.ledger().tokens) - before
    return (expected["prompt_tokens"] + expected["completion_tokens"]) / billed - 1


_CONFIG = """\
catalog: {files: [sample/products.csv]}
models: {base_url: "%s", model: large, max_concurrency: 16}
extraction: {max_types: 250, max_intents: 0, relations: [COMPLEMENTS, SUBSTITUTES]}
"""


def _peers(folder: Path, sizes: Mapping[str, int]) -> dict[str, float]:
    """Ask a limited provider with faults the same questions, a quarter of them twice: us and two peers."""
    count = sizes["peer_questions"]
    settings: dict[str, Any] = {"limits": {"rpm": 1_200}, "latency": {"seconds": LATENCY_S}, "faults": FAULTS}
    figures: dict[str, float] = {}
    with running_process(seed=5, **settings) as provider:
        asked = Asked(str(folder / "peer.sqlite"), count, _options(provider, max_concurrency=CONCURRENCY))
        first = _ask(asked)
        again = _ask(asked)
        figures |= _peer("ours", count, first["wall_s"], provider, count - int(first["failed"]))
        figures["ours_rerun_requests"] = again["requests"]
    for name, run in (("langchain", langchain_batch), ("neo4j_graphrag", neo4j_graphrag_batch)):
        with running_process(seed=5, **settings) as provider:
            started = time.perf_counter()
            answered = run(provider.base_url, questions(0, count), CONCURRENCY)
            wall = time.perf_counter() - started
            figures |= _peer(name, count, wall, provider, answered)
        figures[f"{name}_wall_over_ours"] = round(wall / first["wall_s"], 2)
    return figures


def _peer(name: str, count: int, wall: float, provider: ProviderProcess, answered: int) -> dict[str, float]:
    return {
        f"{name}_wall_s": round(wall, 1),
        f"{name}_requests": provider.summary()["requests"],
        f"{name}_unanswered": count - answered,
    }


if __name__ == "__main__":
    main()
