"""Reading a table: paged at SAP by key range, wide rows in groups of columns joined by key, two pages in memory."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

from mlconnector_shared.envelope import CallEnvelope, Outcome, ReadTable, ResultEnvelope, RfcStep

from ..rfc.errors import RfcError
from ..rfc.pages import pack, unpack
from ..rfc.pool import Purpose
from ..rfc.rows import Column
from ..rfc.session import Page, RfcSession, TablePage
from . import where
from .columns import Layout, plan_columns
from .trace import Trace
from .verdict import may_retry

if TYPE_CHECKING:
    from .attempt import Tools

__all__ = ["TableRead"]

Chunk = tuple[int, bytes]
"""A number of rows, and the rows packed as they travel."""

T = TypeVar("T")


class TableRead:
    """A table read under way: an iterator of packed chunks of rows; afterwards `result` tells how it ended.

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

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self._reading

    async def aclose(self) -> None:
        """Stop reading."""
        await self._reading.aclose()

    async def _read(self) -> AsyncGenerator[Chunk, None]:
        try:
            async with aclosing(self._pages()) as pages:
                async for page in pages:
                    for chunk in page:
                        self._rows += chunk[0]
                        yield chunk
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

    async def _pages(self) -> AsyncGenerator[list[Chunk], None]:
        work = self._work
        conditions = where.predicates(work.where)
        layout = plan_columns(await self._describe(work.fields), work.key)
        if work.key:
            async with aclosing(self._by_key(layout, conditions)) as pages:
                async for chunks in pages:
                    yield chunks
        else:
            page = await self._page(layout, conditions, min(work.page_rows, work.max_rows))
            self._cut = not page.is_complete
            yield page.chunks

    async def _describe(self, fields: Sequence[str]) -> list[Column]:
        """Ask for the widths of columns; of all of them together SAP may refuse to speak, as it does of their rows."""
        try:
            return (await self._call(fields, [], 0)).columns
        except RfcError as error:
            if error.key != "DATA_BUFFER_EXCEEDED" or len(fields) == 1:
                raise
        half = len(fields) // 2
        return [*await self._describe(fields[:half]), *await self._describe(fields[half:])]

    async def _by_key(self, layout: Layout, conditions: list[where.Tokens]) -> AsyncGenerator[list[Chunk], None]:
        """Read range after range of keys, each complete, up to the limit.

        RFC_READ_TABLE promises no order: with more rows than a page holds, which of them come is the database's
        choice. So a page counts only if it holds all rows of its range: because there are no more, or because a second
        call finds no further row up to the page's last key. Where rows come in no order the range is halved.
        """
        work, left = self._work, self._work.max_rows
        low: list[str] | None = None
        bounds: list[list[str] | None] = [None]
        ahead: asyncio.Task[Page] | None = None
        try:
            while bounds:
                high = bounds[-1]
                page = await (ahead or self._range(layout, conditions, low, high, left))
                ahead = None
                self._check_unique(page)
                count = sum(count for count, _ in page.chunks)
                if left == 0 and page.last:
                    self._cut = True
                    return
                if not page.is_complete:
                    high = page.last
                    if page.in_order:  # as it nearly always is: the next is read while this one is checked and taken
                        ahead = asyncio.create_task(self._range(layout, conditions, high, bounds[-1], left - count))
                    within = [*conditions, *_within(work.key, low, high)]
                    if not page.in_order or await self._exceeds(count, within):
                        await _let_go(ahead)
                        ahead = None
                        bounds.append(high)
                        continue
                chunks = page.chunks
                if len(layout.groups) > 1 and chunks:
                    chunks = await self._widened(layout, chunks, [*conditions, *_within(work.key, low, high)])
                yield chunks
                left -= sum(count for count, _ in chunks)
                low = high
                if page.is_complete:
                    bounds.pop()
        finally:
            await _let_go(ahead)

    async def _range(
        self,
        layout: Layout,
        conditions: list[where.Tokens],
        low: list[str] | None,
        high: list[str] | None,
        left: int,
    ) -> Page:
        """Read a page of a range of keys; at the limit a row more would only tell that it was reached."""
        within = [*conditions, *_within(self._work.key, low, high)]
        return await self._page(layout, within, max(1, min(self._work.page_rows, left)))

    async def _page(self, layout: Layout, conditions: list[where.Tokens], size: int) -> Page:
        fields, options = list(layout.groups[0]), where.lines(where.both(conditions))
        seconds = self._tools.settings.lookup_timeout_seconds
        key, numeric = list(layout.key), list(layout.numeric)
        return await self._lent(
            lambda session: session.read_page(self._work.table, fields, options, size, seconds, key, numeric)
        )

    async def _exceeds(self, count: int, conditions: list[where.Tokens]) -> bool:
        """Tell whether more than `count` rows meet the conditions."""
        return bool((await self._call(self._work.key, conditions, 1, row_skips=count)).rows)

    def _check_unique(self, page: Page) -> None:
        if not page.is_unique:
            key = ", ".join(self._work.key)
            raise ValueError(f"several rows of {self._work.table} have the same {key}: that is not its key")

    async def _widened(self, layout: Layout, chunks: list[Chunk], conditions: list[where.Tokens]) -> list[Chunk]:
        """Add the other groups' columns; a row deleted meanwhile is left out."""
        size = len(layout.key)
        parts: list[dict[tuple[str, ...], list[str]]] = []
        for group in layout.groups[1:]:
            page = await self._call(group, conditions, self._work.page_rows + 1)
            parts.append({tuple(row[:size]): row[size:] for row in page.rows})
        wide: list[list[str]] = []
        for row in unpack(chunks):
            key = tuple(row[:size])
            if all(key in part for part in parts):
                joined = [*row, *(cell for part in parts for cell in part[key])]
                wide.append([joined[at] for at in layout.order or ()])
        return pack(wide)

    async def _call(
        self, fields: Sequence[str], conditions: list[where.Tokens], row_count: int, *, row_skips: int = 0
    ) -> TablePage:
        options, seconds = where.lines(where.both(conditions)), self._tools.settings.lookup_timeout_seconds
        return await self._lent(
            lambda session: session.read_table(self._work.table, list(fields), options, row_count, seconds, row_skips)
        )

    async def _lent(self, call: Callable[[RfcSession], Awaitable[T]]) -> T:
        """Call on a session of the pool, and count the call."""
        monotonic = self._tools.runtime.monotonic
        began = monotonic()
        async with self._tools.pool.session(Purpose.READ) as session:
            self._calls += 1
            try:
                return await call(session)
            finally:
                self._milliseconds += (monotonic() - began) * 1000


def _within(key: Sequence[str], low: list[str] | None, high: list[str] | None) -> list[where.Tokens]:
    """Return the conditions of a range of keys: after `low`, up to and with `high`."""
    bounds = []
    if low is not None:
        bounds.append(where.after_key(key, low))
    if high is not None:
        bounds.append(where.up_to_key(key, high))
    return bounds


async def _let_go(ahead: asyncio.Task[Page] | None) -> None:
    """Await a page nobody takes: to cancel it would cost its session."""
    if ahead is not None:
        await asyncio.wait([ahead])
        ahead.exception()
