"""Every RFC call of an envelope as it happened: the steps that travel with its result."""

from typing import Any

from mlconnector_shared.bapi import Message, read_return
from mlconnector_shared.envelope import RfcStep
from mlconnector_shared.runtime import Runtime

from ..rfc.errors import RfcError
from ..rfc.session import RfcSession, TablePage

__all__ = ["Trace", "messages_of"]


def messages_of(answer: dict[str, Any]) -> tuple[Message, ...]:
    """Return the messages in RETURN, which is a table or a structure, without empty ones."""
    rows = answer.get("RETURN") or []
    summary = read_return([rows] if isinstance(rows, dict) else rows)
    return tuple(message for message in summary.messages if message.type or message.id)


class Trace:
    """Calls function modules and notes each call.

    Attributes:
        steps: the calls so far, in order.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.steps: list[RfcStep] = []

    async def call(
        self, session: RfcSession, function: str, parameters: dict[str, Any], seconds: float, note: str = ""
    ) -> dict[str, Any]:
        """Call a function module.

        Raises:
            RfcError: it failed; the step says so.
        """
        at, began = self._runtime.now(), self._runtime.monotonic()
        outcome = "ok"
        messages: tuple[Message, ...] = ()
        try:
            answer = await session.call(function, parameters, seconds)
            messages = messages_of(answer)
        except RfcError as error:
            outcome = error.label
            raise
        finally:
            milliseconds = (self._runtime.monotonic() - began) * 1000
            self.steps.append(RfcStep(function, at, milliseconds, outcome, note, messages))
        return answer

    async def read(
        self, session: RfcSession, table: str, fields: list[str], options: list[str], row_count: int, seconds: float
    ) -> TablePage:
        """Read rows of a table.

        Raises:
            RfcError: it failed; the step says so.
        """
        at, began = self._runtime.now(), self._runtime.monotonic()
        outcome, found = "ok", ""
        try:
            page = await session.read_table(table, fields, options, row_count, seconds)
            found = f": {len(page.rows)} rows"
        except RfcError as error:
            outcome = error.label
            raise
        finally:
            milliseconds = (self._runtime.monotonic() - began) * 1000
            self.steps.append(RfcStep("RFC_READ_TABLE", at, milliseconds, outcome, f"{table}{found}"))
        return page
