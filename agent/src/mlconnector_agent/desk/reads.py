"""Table reads under way on one line: rows leave only against row credit; what the line does not take is not read."""

import asyncio

from mlconnector_shared.envelope import CallEnvelope, ResultEnvelope
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.frames import Rows

from .ports import Executor, Line, Reading

__all__ = ["Interrupted", "Reads"]


class Interrupted(ConnectorError):
    """The relay cancelled the read, or the line is gone."""


class Reads:
    """The reads of one agent. A read lives at most as long as the line it came on."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._credit: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[ResultEnvelope]] = {}

    async def run(self, envelope: CallEnvelope, line: Line) -> ResultEnvelope:
        """Stream one table and return its result.

        Raises:
            Interrupted: it was cancelled.
        """
        reading = self._executor.read(envelope)
        credit = self._credit[envelope.envelope_id] = asyncio.Event()
        task = asyncio.create_task(self._stream(reading, envelope.envelope_id, line, credit))
        self._tasks[envelope.envelope_id] = task
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise Interrupted("the read was cancelled") from None
            task.cancel()
            raise
        finally:
            del self._credit[envelope.envelope_id], self._tasks[envelope.envelope_id]

    def granted(self, envelope_id: str) -> None:
        """Wake the read that row credit has come for."""
        event = self._credit.get(envelope_id)
        if event is not None:
            event.set()

    def cancel(self, envelope_id: str) -> bool:
        """Stop a read; False where none of this id runs."""
        task = self._tasks.get(envelope_id)
        return task is not None and task.cancel()

    def cancel_all(self) -> None:
        """Stop all reads: their line is gone."""
        for task in self._tasks.values():
            task.cancel()

    async def _stream(self, reading: Reading, envelope_id: str, line: Line, credit: asyncio.Event) -> ResultEnvelope:
        sequence = 0
        try:
            async for _, packed in reading:
                while line.row_credit(envelope_id) < 1:
                    credit.clear()
                    await credit.wait()
                if not line.send(Rows.packed(envelope_id, sequence, packed)):
                    raise Interrupted("the session ended")
                sequence += 1
                await line.flushed()
        finally:
            await reading.aclose()
        if reading.result is None:
            raise Interrupted("the read ended without a result")
        return reading.result
