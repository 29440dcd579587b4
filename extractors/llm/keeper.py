"""Keeps the leases of this process alive while it works, and lets them lapse when it does not."""

from __future__ import annotations

import logging
import threading

from extractors.llm.cache import AnswerCache
from kg.errors import ArtefactError

__all__ = ["LEASE_S", "Keeper"]

log = logging.getLogger(__name__)

LEASE_S = 30.0
"""Seconds until a lease lapses that nobody renews."""


class Keeper:
    """Renews all leases of ``owner`` three times as often as they lapse, from the first :meth:`start` on."""

    def __init__(self, cache: AnswerCache, owner: str) -> None:
        self._cache = cache
        self._owner = owner
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin; does nothing when it has begun."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop renewing."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(LEASE_S / 3):
            try:
                self._cache.renew(self._owner, LEASE_S)
            except ArtefactError as error:  # whoever asks next meets the same fault and reports it
                log.warning("leases were not renewed: %s", error)
