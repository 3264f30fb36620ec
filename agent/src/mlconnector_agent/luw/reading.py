"""Reading a table: paged at SAP by key range, wide rows in groups of columns joined by key, one page in memory."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from decimal import Decimal
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from mlconnector_shared.envelope import CallEnvelope, Outcome, ReadTable, ResultEnvelope, RfcStep

from ..rfc.errors import RfcError
from ..rfc.pool import Purpose
from ..rfc.rows import Column
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
            async with aclosing(self._pages()) as pages:
                async for page in pages:
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

    async def _pages(self) -> AsyncGenerator[Rows, None]:
        work = self._work
        conditions = where.predicates(work.where)
        layout = plan_columns(await self._describe(work.fields), work.key)
        if not work.key:
            wanted = min(work.page_rows, work.max_rows)
            rows = (await self._call(layout.groups[0], conditions, wanted + 1)).rows
            self._cut = len(rows) > wanted
            yield rows[:wanted]
            return
        left = work.max_rows
        async with aclosing(self._by_key(layout, conditions)) as pages:
            async for page in pages:
                yield page[:left]
                self._cut = len(page) > left
                left -= len(page)
                if left < 0:
                    return

    async def _describe(self, fields: Sequence[str]) -> list[Column]:
        """Ask for the widths of columns; of all of them together SAP may refuse to speak, as it does of their rows."""
        try:
            return (await self._call(fields, [], 0)).columns
        except RfcError as error:
            if error.key != "DATA_BUFFER_EXCEEDED" or len(fields) == 1:
                raise
        half = len(fields) // 2
        return [*await self._describe(fields[:half]), *await self._describe(fields[half:])]

    async def _by_key(self, layout: Layout, conditions: list[where.Tokens]) -> AsyncGenerator[Rows, None]:
        """Read range after range of keys, each complete.

        RFC_READ_TABLE promises no order: with more rows than a page holds, which of them come is the database's
        choice. So a page counts only if it holds all rows of its range: because there are no more, or because a second
        call finds no further row up to the page's last key. Where rows come in no order the range is halved.
        """
        work = self._work
        low: list[str] | None = None
        bounds: list[list[str] | None] = [None]
        ahead: asyncio.Task[Rows] | None = None
        try:
            while bounds:
                high = bounds[-1]
                rows = await (ahead or self._range(layout, conditions, low, high))
                ahead = None
                keyed = sorted(((self._order(layout, row), row) for row in rows), key=itemgetter(0))
                self._check_unique([order for order, _ in keyed])
                page = [row for _, row in keyed]
                is_complete = len(page) <= work.page_rows
                if not is_complete:
                    in_order = page == rows
                    page = page[: work.page_rows if in_order else len(page) // 2]
                    high = [page[-1][at] for at in layout.key]
                    if in_order:  # as it nearly always is: the next page is read while this one is checked and taken
                        ahead = asyncio.create_task(self._range(layout, conditions, high, bounds[-1]))
                    if not in_order or await self._exceeds(len(page), [*conditions, *_within(work.key, low, high)]):
                        await _let_go(ahead)
                        ahead = None
                        bounds.append(high)
                        continue
                if len(layout.groups) > 1 and page:
                    page = await self._widened(layout, page, [*conditions, *_within(work.key, low, high)])
                if page:
                    yield page
                low = high
                if is_complete:
                    bounds.pop()
        finally:
            await _let_go(ahead)

    async def _range(
        self, layout: Layout, conditions: list[where.Tokens], low: list[str] | None, high: list[str] | None
    ) -> Rows:
        """Read up to a page of a range of keys, and one row more where there is one."""
        within = [*conditions, *_within(self._work.key, low, high)]
        return (await self._call(layout.groups[0], within, self._work.page_rows + 1)).rows

    async def _exceeds(self, count: int, conditions: list[where.Tokens]) -> bool:
        """Tell whether more than `count` rows meet the conditions."""
        return bool((await self._call(self._work.key, conditions, 1, row_skips=count)).rows)

    def _order(self, layout: Layout, row: list[str]) -> list[str | Decimal]:
        pairs = zip(layout.key, layout.numeric, strict=True)
        return [Decimal(row[at]) if numeric else row[at] for at, numeric in pairs]

    def _check_unique(self, orders: list[list[str | Decimal]]) -> None:
        if any(one == other for one, other in pairwise(orders)):
            key = ", ".join(self._work.key)
            raise ValueError(f"several rows of {self._work.table} have the same {key}: that is not its key")

    async def _widened(self, layout: Layout, rows: Rows, conditions: list[where.Tokens]) -> Rows:
        """Add the other groups' columns; a row deleted meanwhile is left out."""
        size = len(layout.key)
        parts: list[dict[tuple[str, ...], list[str]]] = []
        for group in layout.groups[1:]:
            page = await self._call(group, conditions, self._work.page_rows + 1)
            parts.append({tuple(row[:size]): row[size:] for row in page.rows})
        wide: Rows = []
        for row in rows:
            key = tuple(row[:size])
            if all(key in part for part in parts):
                joined = [*row, *(cell for part in parts for cell in part[key])]
                wide.append([joined[at] for at in layout.order or ()])
        return wide

    async def _call(
        self, fields: Sequence[str], conditions: list[where.Tokens], row_count: int, *, row_skips: int = 0
    ) -> TablePage:
        tools, began = self._tools, self._tools.runtime.monotonic()
        options = where.lines(where.both(conditions))
        async with tools.pool.session(Purpose.READ) as session:
            self._calls += 1
            seconds = tools.settings.lookup_timeout_seconds
            try:
                return await session.read_table(self._work.table, list(fields), options, row_count, seconds, row_skips)
            finally:
                self._milliseconds += (tools.runtime.monotonic() - began) * 1000


def _within(key: Sequence[str], low: list[str] | None, high: list[str] | None) -> list[where.Tokens]:
    """Return the conditions of a range of keys: after `low`, up to and with `high`."""
    bounds = []
    if low is not None:
        bounds.append(where.after_key(key, low))
    if high is not None:
        bounds.append(where.up_to_key(key, high))
    return bounds


async def _let_go(ahead: asyncio.Task[Rows] | None) -> None:
    """Await a page nobody takes: to cancel it would cost its session."""
    if ahead is not None:
        await asyncio.wait([ahead])
        ahead.exception()
