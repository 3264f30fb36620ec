"""A table read: chunks under credit, never more of the table in memory than the window."""

from typing import Final, Self

from mlconnector_shared.envelope import ResultEnvelope
from mlconnector_shared.runtime import Runtime

from .. import metrics
from .errors import CallFailed, TunnelError
from .exchange import WINDOW_CHUNKS, Exchange
from .live import LiveSession

__all__ = ["TableRead"]

SILENCE_SECONDS: Final = 180.0
"""A read whose next chunk takes longer is given up; one page at SAP takes seconds."""

GRANT_CHUNKS: Final = WINDOW_CHUNKS // 2
"""Credit goes back in halves of the window, so that the agent never runs dry while a grant travels."""


class TableRead:
    """The chunks of a read, each a list of rows, in order. Close it when leaving before the end.

    Args:
        session: the session it runs on; the call leaves with the first chunk asked for.
        envelope_id: its envelope.
        sealed: the envelope's bytes.
        runtime: the clock.

    Attributes:
        result: the agent's signed answer, once all chunks were taken; its `cut` says that the limit ended the read.
    """

    def __init__(self, session: LiveSession, envelope_id: str, sealed: bytes, runtime: Runtime) -> None:
        self.result: ResultEnvelope | None = None
        self._session = session
        self._envelope_id = envelope_id
        self._sealed = sealed
        self._runtime = runtime
        self._exchange: Exchange | None = None
        self._owed = 0
        self._rows = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[list[str]]:
        """Return the next chunk and make room for one more.

        Raises:
            TunnelError: the read ended without its answer, or the answer does not fit the rows.
        """
        exchange = self._exchange or self._start()
        if self._owed == GRANT_CHUNKS:
            self._session.grant(self._envelope_id, self._owed)
            self._owed = 0
        try:
            chunk = await self._runtime.within(SILENCE_SECONDS, exchange.next_chunk())
        except TimeoutError as error:
            await self.aclose()
            raise CallFailed("silent", f"no rows for {SILENCE_SECONDS:.0f} s") from error
        except TunnelError:
            await self.aclose()
            raise
        if chunk is None:
            self._finish(exchange.result())
            raise StopAsyncIteration
        self._owed += 1
        self._rows += len(chunk)
        metrics.read_rows.inc(len(chunk))
        return chunk

    async def aclose(self) -> None:
        """Stop reading; after the end this does nothing."""
        self._session.abandon(self._envelope_id, "the reader left")

    def _start(self) -> Exchange:
        self._exchange = self._session.ask(self._envelope_id, self._sealed)
        self._session.grant(self._envelope_id, WINDOW_CHUNKS)
        return self._exchange

    def _finish(self, result: ResultEnvelope) -> None:
        if result.outcome != "read":
            raise CallFailed(result.reason or result.outcome, result.detail)
        if result.rows != self._rows:
            raise CallFailed("rows_missing", f"{self._rows} rows arrived, the agent sent {result.rows}")
        self.result = result
