"""The provider's batch interface: files and batches, through the SDK's own client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from extractors.llm.batch_files import URL
from extractors.llm.client import sdk_errors

if TYPE_CHECKING:
    import openai
    from openai.types import Batch

__all__ = ["BatchApi", "Mistake", "RemoteBatch"]

_ENDED = {"completed", "failed", "expired", "cancelled"}
_PAGE = 100
_CLOCKS_DIFFER_S = 86_400


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why a batch was not accepted; ``line`` of its input counts from 1, 0: it is about no line."""

    code: str
    message: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A batch as the provider describes it; ``results`` are the files of what came of its lines."""

    id: str
    status: str
    results: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    done: int = 0
    total: int = 0

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in _ENDED


@dataclass(frozen=True, slots=True)
class BatchApi:
    """What can be done with files and batches; every method raises what :meth:`Client.send` does."""

    sdk: openai.OpenAI

    def upload(self, handle: IO[bytes], name: str) -> str:
        """Send a file from its beginning and return the provider's name for it."""
        handle.seek(0)
        with sdk_errors("file"):
            return self.sdk.files.create(file=(f"{name}.jsonl", handle), purpose="batch").id

    def create(self, file: str, job: str, window: str) -> RemoteBatch:
        """Make a batch of a file, marked with our name for the job."""
        with sdk_errors("batch"):
            # The SDK knows one window, a provider may know others.
            made = self.sdk.batches.create(
                input_file_id=file,
                endpoint=URL,
                completion_window=window,  # pyright: ignore[reportArgumentType]
                metadata={"job": job},
            )
            return _described(made)

    def find(self, job: str, since: float) -> RemoteBatch | None:
        """Return the batch that was made for a job, ``since`` seconds after 1970 or later, if there is one."""
        with sdk_errors("list of batches"):
            for batch in self.sdk.batches.list(limit=_PAGE):
                if (batch.metadata or {}).get("job") == job:
                    return _described(batch)
                if batch.created_at < since - _CLOCKS_DIFFER_S:
                    break
        return None

    def look(self, batch: str) -> RemoteBatch | None:
        """Return a batch as it is now; ``None``: there is none of that name."""
        import openai  # noqa: PLC0415 - heavy; it is imported when this is called

        with sdk_errors("batch"):
            try:
                return _described(self.sdk.batches.retrieve(batch))
            except openai.NotFoundError:
                return None

    def content(self, file: str) -> bytes:
        """Return what a file holds; of one that is no more, nothing."""
        import openai  # noqa: PLC0415 - as above

        with sdk_errors("file"):
            try:
                return self.sdk.files.content(file).content
            except openai.NotFoundError:
                return b""

    def delete(self, file: str) -> None:
        """Delete a file, if it is there."""
        import openai  # noqa: PLC0415 - as above

        with sdk_errors("file"):
            try:
                self.sdk.files.delete(file)
            except openai.NotFoundError:
                return


def _described(batch: Batch) -> RemoteBatch:
    counts, errors = batch.request_counts, batch.errors.data if batch.errors else None
    return RemoteBatch(
        id=batch.id,
        status=batch.status,
        results=tuple(file for file in (batch.output_file_id, batch.error_file_id) if file),
        mistakes=tuple(Mistake(each.code or "", each.message or "", each.line or 0) for each in errors or ()),
        done=counts.completed + counts.failed if counts else 0,
        total=counts.total if counts else 0,
    )
