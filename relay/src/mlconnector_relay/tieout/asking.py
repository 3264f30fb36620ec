"""Asks stores what they have of some days, and compares: their lists always, single orders only where these differ.

A store's quota is one for all who ask it: at most every `PAUSE_SECONDS` a question, so that half of the smallest plan's
150 in 30 s stays with the orders that are posted meanwhile. Requests per store: one for 250 orders placed in the days,
one for 250 refunds made in them, and one for each order whose payments or whose absence only the order itself tells, up
to a limit; what is beyond is told.
"""

from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from mlconnector_shared.runtime import Runtime
from mlconnector_shared.words import how_many
from pydantic import BaseModel

from ..bigcommerce.client import Fetch, StoreClient
from ..bigcommerce.errors import StoreNotFound, fit
from ..bigcommerce.models import Order, OrderSnapshot, Refund, Transaction
from ..db import jobs, ledger, ledger_views, stores
from ..db.engine import Database
from ..db.ledger import LedgerEntry
from ..db.outcomes import JobState
from ..db.sights import SeenOrder
from ..db.stores import Store
from ..sap.currency import to_minor
from ..sap.frozen import Frozen, FrozenInvalid, read_frozen
from ..sap.mapping import Mapping as Rules
from ..sap.payment import counted
from ..sap.reference import Kind
from ..sap.remaining import refund_of
from . import gather
from .amounts import places_of
from .books import charged_of
from .compare import Difference, order_named
from .sheet import Beyond
from .store_side import (
    InStore,
    Paid,
    PaidBack,
    Seen,
    compare_order,
    compare_payments,
    compare_refund,
    may_lack_payments,
)

__all__ = ["AskedStore", "Questions", "ask_stores"]

M = TypeVar("M", bound=BaseModel)

PAUSE_SECONDS: Final = 0.4

UNDER_WAY: Final = timedelta(hours=1)
"""What changed in a store this shortly ago may not have come here yet: a callback, a sweep, a settle time."""


@dataclass(frozen=True, slots=True)
class AskedStore:
    """A store that can be asked.

    Attributes:
        rules: the mapping in force; `None` where there is none, and no payments are owed.
    """

    store: Store
    client: StoreClient
    rules: Rules | None


async def ask_stores(
    database: Database, runtime: Runtime, asked: Iterable[AskedStore], first: date, last: date, most: int
) -> tuple[Beyond, int]:
    """Return what differs for the orders placed, refunded and paid in some days, and how many requests that took.

    Args:
        database: what the relay has.
        runtime: clocks.
        asked: the stores of a tenant.
        first: first day.
        last: last day.
        most: questions about single orders, for each store.

    Raises:
        StoreError: a store did not answer.
        DatabaseError: it could not be read.
    """
    found: list[Difference] = []
    requests = 0
    for one in asked:
        questions = Questions(one, database, runtime, most)
        found += await questions.compared(first, last)
        requests += questions.requests
    return Beyond().plus("store", found), requests


class Questions:
    """One store, what it answers, and how often it was asked.

    Args:
        asked: the store.
        database: what the relay has of it.
        runtime: clocks.
        most: questions about single orders.
    """

    def __init__(self, asked: AskedStore, database: Database, runtime: Runtime, most: int) -> None:
        self._store = asked.store
        self._client = asked.client
        self._rules = asked.rules
        self._database = database
        self._runtime = runtime
        self._most = self._left = most
        self._unasked = 0
        self.requests = 0
        self._zone = ZoneInfo(asked.store.timezone)

    async def compared(self, first: date, last: date) -> list[Difference]:
        """Return what differs; of a store that no sweep has gone through yet nothing is known to be missed."""
        store_hash, young = self._store.store_hash, self._runtime.now() - UNDER_WAY
        async with self._database.read() as tx:
            now = await stores.by_hash(tx, self._store.tenant, store_hash)
        if now is None or now.swept_until is None:
            return [self._not_asked(last, "all orders", "no sweep has gone through them yet; ask again in an hour")]
        kept = {
            one.order_id: one
            for _, one in await gather.orders_of(self._database, self._store.tenant, first, last)
            if one.store_hash == store_hash
        }
        refunds = await self._refunds(first, last)
        found: list[Difference] = []
        for refund in refunds:
            if (refund.created or young) < young:
                found += compare_refund(await self._paid_back(refund))
        posts = self._rules if self._rules is not None and self._rules.file.payments.post else None
        booked = await self._booked(first) if posts else {}
        back = Counter(one.order_id for one in refunds)
        # The newest first: what was asked about earlier is known.
        suspects: deque[tuple[Order, JobState]] = deque(maxlen=self._left)
        here: set[int] = set()
        async for order in self._orders(first, last):
            here.add(order.id)
            one, seen = _in_store(order, store_hash, self._zone), await self._seen(order.id, kept)
            found += compare_order(one, seen, young)
            if posts is None or seen is None or order.date_modified >= young:
                continue
            if may_lack_payments(one, seen.state, booked.get(order.id, 0), back[order.id]):
                self._unasked += len(suspects) == suspects.maxlen
                suspects.appendleft((order, seen.state))
        if posts is not None:
            for order, state in suspects:
                self._left -= 1
                found += compare_payments((store_hash, order.id), state, await self._paid(order, posts, young))
        found += await self._gone(one for one in kept.values() if one.order_id not in here)
        return [*found, *self._untold(last)]

    async def transactions(self, order_id: int) -> Sequence[Transaction]:
        """Return an order's transactions."""
        return [one async for one in self._listed(Transaction, f"/v3/orders/{order_id}/transactions", {})]

    async def _orders(self, first: date, last: date) -> AsyncIterator[Order]:
        since, before = self._moments(first, last)
        days = {"min_date_created": _rfc2822(since), "max_date_created": _rfc2822(before)}
        async for order in self._listed(Order, "/v2/orders", days):
            # Older orders are not ours; the list's own bounds are whole seconds, both inclusive.
            if order.date_created >= self._store.cut_over and since <= order.date_created < before:
                yield order

    async def _refunds(self, first: date, last: date) -> list[Refund]:
        since, before = self._moments(first, last)
        days = {"created:min": since.isoformat(), "created:max": before.isoformat()}
        path = "/v3/orders/payment_actions/refunds"
        found = [one async for one in self._listed(Refund, path, days)]
        return [one for one in found if one.created is None or since <= one.created < before]

    async def _gone(self, missing: Iterable[SeenOrder]) -> list[Difference]:
        """Ask for orders that the list does not have: whether it has archived ones is nowhere documented."""
        found = []
        for one in missing:
            if one.state == "skipped":
                continue
            if not self._left:
                self._unasked += 1
                continue
            self._left -= 1
            try:
                is_there = await self._client.get(f"/v2/orders/{one.order_id}", observe=self._count) is not None
            except StoreNotFound:
                is_there = False
            await self._runtime.sleep(PAUSE_SECONDS)
            if not is_there:
                day = one.placed_at.astimezone(self._zone).date()
                amount = to_minor(one.total, places_of(one.currency))
                what = order_named(one.store_hash, one.order_id)
                found.append(
                    Difference("gone_from_store", day, one.currency, amount, what, one.state.replace("_", " "))
                )
        return found

    def _untold(self, last: date) -> Iterator[Difference]:
        if self._unasked:
            why = f"more than {self._most} would have had to be asked about one by one"
            yield self._not_asked(last, how_many(self._unasked, "order"), why)

    def _not_asked(self, last: date, which: str, why: str) -> Difference:
        return Difference("not_asked", last, self._store.currency, 0, f"{which} of {self._store.store_hash}", why)

    async def _seen(self, order_id: int, kept: Mapping[int, SeenOrder]) -> Seen | None:
        one = kept.get(order_id)
        if one is not None:
            amount = to_minor(one.total, places_of(one.currency))
            return Seen(one.state, one.currency, amount, one.modified_at, is_due=one.due_at is not None)
        async with self._database.read() as tx:
            job = await jobs.of_order(tx, self._store.tenant, self._store.store_hash, order_id)
        return Seen(job.state, None, None, None, is_due=job.due_at is not None) if job else None

    async def _booked(self, first: date) -> Mapping[int, int]:
        """Return what the posted payments of orders took, by order."""
        store_hash, sums = self._store.store_hash, Counter[int]()
        for _, one in await gather.postings_of(self._database, self._store.tenant, first - gather.MARGIN):
            if one.kind == Kind.PAYMENT and one.state == "posted" and one.store_hash == store_hash:
                sums[one.order_id] -= to_minor(one.gross, places_of(one.currency))
        return sums

    async def _paid(self, order: Order, rules: Rules, young: datetime) -> Sequence[Paid]:
        transactions = tuple(await self.transactions(order.id))
        snapshot = OrderSnapshot(order=order, transactions=transactions, fetched_at=self._runtime.now())
        async with self._database.read() as tx:
            entries = await ledger.of_order(tx, self._store.tenant, self._store.store_hash, order.id)
        posted = {one.ordinal for one in entries if one.kind == Kind.PAYMENT and one.state == "posted"}
        found = []
        for one in counted(snapshot, rules):
            moment, currency = one.date_created or order.date_created, one.currency or order.default_currency_code
            if moment < young:
                amount = to_minor(abs(one.amount), places_of(currency)) * (-1 if one.event == "refund" else 1)
                name = one.gateway_transaction_id or str(one.id)
                day = moment.astimezone(self._zone).date()
                found.append(Paid(day, currency, amount, name, one.id in posted))
        return found

    async def _paid_back(self, refund: Refund) -> PaidBack:
        tenant, store_hash, order_id = self._store.tenant, self._store.store_hash, refund.order_id
        async with self._database.read() as tx:
            job = await jobs.of_order(tx, tenant, store_hash, order_id)
            entries = await ledger.of_order(tx, tenant, store_hash, order_id)
        documents, unreadable = _documents(entries)
        memo = [charged_of(one) for one in documents if refund_of(one.about) == refund.id]
        currency = next((one.currency for one in documents), (job and job.currency) or self._store.currency)
        created = refund.created or self._runtime.now()
        return PaidBack(
            store_hash=store_hash,
            order_id=order_id,
            refund_id=refund.id,
            day=created.astimezone(self._zone).date(),
            currency=currency,
            amount=to_minor(refund.total_amount, places_of(currency)),
            declined=any(payment.is_declined for payment in refund.payments),
            state=job.state if job else None,
            credited=(sum(one for one, _ in memo), sum(one for _, one in memo)) if memo else None,
            left=sum(charged_of(one)[0] for one in documents),
            unreadable=unreadable,
        )

    async def _listed(self, kind: type[M], path: str, params: Mapping[str, str]) -> AsyncIterator[M]:
        async for page in self._client.pages(path, params, self._count):
            for item in page:
                yield fit(kind, item, path)
            await self._runtime.sleep(PAUSE_SECONDS)

    def _count(self, fetch: Fetch) -> None:
        del fetch
        self.requests += 1

    def _moments(self, first: date, last: date) -> tuple[datetime, datetime]:
        """Return when the days begin, and when they are over, in the store's time zone."""
        begin, end = (datetime.combine(day, time(), self._zone) for day in (first, last + timedelta(days=1)))
        return begin.astimezone(UTC), end.astimezone(UTC)


def _documents(entries: Iterable[LedgerEntry]) -> tuple[list[Frozen], tuple[str, ...]]:
    """Return what was posted of an order's charges, no payments nor changes of documents; and what is unreadable."""
    documents, unreadable = list[Frozen](), list[str]()
    for one in entries:
        if one.state == "posted" and one.kind != Kind.PAYMENT and one.document_type != ledger_views.CHANGE:
            try:
                documents.append(read_frozen(one.facts))
            except FrozenInvalid:
                unreadable.append(one.reference)
    return documents, tuple(unreadable)


def _in_store(order: Order, store_hash: str, zone: ZoneInfo) -> InStore:
    currency = order.default_currency_code
    places = places_of(currency)
    return InStore(
        store_hash=store_hash,
        order_id=order.id,
        day=order.date_created.astimezone(zone).date(),
        currency=currency,
        amount=to_minor(order.total_inc_tax, places),
        tendered=to_minor(order.tendered, places),
        status_id=order.status_id,
        payment_status=order.payment_status,
        modified_at=order.date_modified,
    )


def _rfc2822(moment: datetime) -> str:
    return moment.strftime("%a, %d %b %Y %H:%M:%S +0000")
