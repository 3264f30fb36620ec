"""Reading a table: paged at SAP by key range, wide rows in groups of columns joined by key, one page in memory."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from mlconnector_shared.envelope import CallEnvelope, Outcome, ReadTable, ResultEnvelope, RfcStep

from ..rfc.errors import RfcError
from ..rfc.pool import Purpose
from ..rfc.session import TablePage
from . import where
from .columns import Layout, plan_columns
from .trace import Trace
from .verdict import may_retry

if TYPE_CHECKING:
    from .attempt import Tools

__all__ = ["TableRead"]

Rows = list[list[str]]


class TableRead:
    """A table read under way: an iterator of pages; afterwards `result` tells how it ended.

    Attributes:
        result: the result envelope; None until the iteration has ended.
    """

    def __init__(self, tools: "Tools", envelope: CallEnvelope) -> None:
        if not isinstance(envelope.work, ReadTable):
            raise TypeError(f"envelope {envelope.envelope_id} asks for no table")
        self._tools = tools
        self._envelope = envelope
        self._work = envelope.work
        self._started = tools.runtime.now()
        self._milliseconds = 0.0
        self._calls = 0
        self._rows = 0
        self._cut = False
        self._reading = self._read()
        self.result: ResultEnvelope | None = None

    def __aiter__(self) -> AsyncIterator[Rows]:
        return self._reading

    async def aclose(self) -> None:
        """Stop reading."""
        await self._reading.aclose()

    async def _read(self) -> AsyncGenerator[Rows, None]:
        try:
            async for page in self._pages():
                self._rows += len(page)
                yield page
        except RfcError as error:
            self.result = self._end(
                "failed", error.label, f"rfc_{error.kind}", error.message, retryable=may_retry(error)
            )
        except ValueError as error:
            self.result = self._end("failed", "ok", "read_impossible", str(error))
        else:
            self.result = self._end("read", "ok")

    def _end(
        self, outcome: Outcome, step: str, reason: str = "", detail: str = "", *, retryable: bool = False
    ) -> ResultEnvelope:
        trace = Trace(self._tools.runtime)
        note = f"{self._work.table}: {self._calls} calls, {self._rows} rows"
        trace.steps.append(RfcStep("RFC_READ_TABLE", self._started, self._milliseconds, step, note))
        return self._tools.results.make(
            self._envelope,
            trace,
            outcome,
            reason=reason,
            detail=detail,
            retryable=retryable,
            rows=self._rows,
            cut=self._cut,
        )

    async def _pages(self) -> AsyncIterator[Rows]:
        work = self._work
        conditions = where.predicates(work.where)
        layout = plan_columns((await self._call(work.fields, conditions, 0)).columns, work.key)
        left = work.max_rows
        last: list[str] | None = None
        while True:
            wanted = min(work.page_rows, left)
            after = [where.after_key(work.key, last)] if last else []
            rows = (await self._call(layout.groups[0], [*conditions, *after], wanted + 1)).rows
            more = len(rows) > wanted
            rows = rows[:wanted]
            left -= len(rows)
            if rows and work.key:
                last = self._last_key(layout, rows, last)
                if len(layout.groups) > 1:
                    upto = [*conditions, *after, where.up_to_key(work.key, last)]
                    rows = [row async for row in self._widened(layout, rows, upto)]
            if rows:
                yield rows
            if not more:
                return
            if not left or not work.key:
                self._cut = True
                return

    def _last_key(self, layout: Layout, rows: Rows, last: list[str] | None) -> list[str]:
        """Return the last row's key, having made sure that the rows are in its order: a page is a range of keys."""
        keys = [_comparable(layout, [row[at] for at in layout.key]) for row in rows]
        if last is not None:
            keys.insert(0, _comparable(layout, last))
        if any(one >= other for one, other in pairwise(keys)):
            key = ", ".join(self._work.key)
            raise ValueError(
                f"SAP returned rows of {self._work.table} not in the order of {key}, or that is not its key"
            )
        return [rows[-1][at] for at in layout.key]

    async def _widened(self, layout: Layout, rows: Rows, conditions: list[where.Tokens]) -> AsyncIterator[list[str]]:
        """Add the other groups' columns; a row deleted meanwhile is left out."""
        size = len(layout.key)
        rest = []
        for group in layout.groups[1:]:
            page = await self._call(group, conditions, len(rows) + self._work.page_rows)
            rest.append({tuple(row[:size]): row[size:] for row in page.rows})
        for row in rows:
            parts = [group.get(tuple(row[:size])) for group in rest]
            if None not in parts:
                joined = [*row, *(cell for part in parts for cell in part or ())]
                yield [joined[at] for at in layout.order or ()]

    async def _call(self, fields: Sequence[str], conditions: list[where.Tokens], row_count: int) -> TablePage:
        tools, began = self._tools, self._tools.runtime.monotonic()
        options = where.lines(where.both(conditions))
        async with tools.pool.session(Purpose.READ) as session:
            self._calls += 1
            seconds = tools.settings.lookup_timeout_seconds
            try:
                return await session.read_table(self._work.table, list(fields), options, row_count, seconds)
            finally:
                self._milliseconds += (tools.runtime.monotonic() - began) * 1000


def _comparable(layout: Layout, key: list[str]) -> list[str | Decimal]:
    return [Decimal(cell) if numeric else cell for cell, numeric in zip(key, layout.numeric, strict=True)]
