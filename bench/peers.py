"""How two peers ask many questions: LangChain's own batch, and the language model interface of neo4j-graphrag.

Each is used as its documentation says, with as many requests at once as we use, and its own retries on. A question
counts as answered when the reply fits the schema.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from typing import Any, cast

from extractors.llm.questions import Names, Question

__all__ = ["langchain_batch", "neo4j_graphrag_batch"]


def langchain_batch(base_url: str, asked: Sequence[Question], concurrency: int) -> int:
    """Ask with ``with_structured_output(...).batch``; return how many were answered."""
    from langchain_openai import ChatOpenAI  # noqa: PLC0415 - heavy

    model: Any = ChatOpenAI(model="large", base_url=base_url, api_key=cast("Any", "none"), temperature=0)
    structured: Any = model.with_structured_output(Names, method="json_schema")
    inputs = [list(question.messages) for question in asked]
    replies: list[object] = structured.batch(inputs, config={"max_concurrency": concurrency}, return_exceptions=True)
    return sum(isinstance(reply, Names) for reply in replies)


def neo4j_graphrag_batch(base_url: str, asked: Sequence[Question], concurrency: int) -> int:
    """Ask as its extractor does: one coroutine a question behind a semaphore, its rate limit handler retrying."""
    module = importlib.import_module("neo4j_graphrag.llm")  # in the bench group only
    model = module.OpenAILLM(model_name="large", model_params={"temperature": 0}, base_url=base_url, api_key="none")

    async def one(question: Question, gate: asyncio.Semaphore) -> bool:
        messages = [{"role": role, "content": text} for role, text in question.messages]
        async with gate:
            try:
                reply = await model.ainvoke(messages, response_format=Names)
                return bool(Names.model_validate_json(reply.content))
            except Exception:  # noqa: BLE001 - whatever it raises, the question has no answer
                return False

    async def run() -> int:
        gate = asyncio.Semaphore(concurrency)
        return sum(await asyncio.gather(*(one(question, gate) for question in asked)))

    return asyncio.run(run())
