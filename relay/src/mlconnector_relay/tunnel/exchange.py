"""A call that is no posting, under way: the chunks of a read in order, then its answer."""

import asyncio
from collections import deque
from typing import Final

from mlconnector_shared.envelope import ResultEnvelope

from .errors import CallFailed, TunnelError

__all__ = ["WINDOW_CHUNKS", "Exchange"]

WINDOW_CHUNKS: Final = 16
"""Row credit of one read: at most 4 MiB wait for its consumer."""


class Exchange:
    """Joins the session, which hears chunks and answer, and the caller, who awaits them.

    Attributes:
        answer: the result or what went wrong, once there is one.
    """

    def __init__(self) -> None:
        self.answer: ResultEnvelope | TunnelError | None = None
        self._chunks: deque[list[list[str]]] = deque()
        self._expected = 0
        self._news = asyncio.Event()

    def chunk(self, sequence: int, rows: list[list[str]]) -> None:
        """Take a chunk; a gap in the sequence ends the read."""
        if sequence != self._expected:
            self.finish(CallFailed("chunk_missing", f"chunk {sequence} came where {self._expected} was due"))
            return
        self._expected += 1
        self._chunks.append(rows)
        self._news.set()

    def finish(self, answer: ResultEnvelope | TunnelError) -> None:
        """Take the answer; the first one stands."""
        if self.answer is None:
            self.answer = answer
        self._news.set()

    async def next_chunk(self) -> list[list[str]] | None:
        """Return the next chunk, or None once all were taken and the answer is there.

        Raises:
            TunnelError: the read ended without its answer.
        """
        while True:
            if self._chunks and not isinstance(self.answer, TunnelError):
                return self._chunks.popleft()
            if self.answer is not None:
                self.result()
                return None
            self._news.clear()
            await self._news.wait()

    def result(self) -> ResultEnvelope:
        """Return the answer, which must be there.

        Raises:
            TunnelError: the call ended without one.
        """
        if isinstance(self.answer, ResultEnvelope):
            return self.answer
        raise self.answer or CallFailed("unanswered", "the call has no answer yet")
