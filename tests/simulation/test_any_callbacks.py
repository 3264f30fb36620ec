"""Callbacks in any order, doubled, at the same moment, or never: what is posted does not depend on them.

Inbox, jobs, reconcile, plan, ledger, results and sweep are the relay's own, on a real database; store and agent are
doubles of a few lines, and the clock moves only when a step says so. So an interleaving takes milliseconds.
"""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlconnector_relay.bigcommerce.catalogue import CatalogueFacts
from mlconnector_relay.bigcommerce.client import Fetch
from mlconnector_relay.bigcommerce.models import Category, OrderSnapshot, ProductFacts
from mlconnector_relay.bigcommerce.signature import Callback
from mlconnector_relay.db import jobs, ledger
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.migrate import upgrade_database
from mlconnector_relay.directory import Account
from mlconnector_relay.failpoint import Failpoints
from mlconnector_relay.intake.inbox import Inbox
from mlconnector_relay.intake.sweep import Sweep
from mlconnector_relay.jobs.queue import Queue
from mlconnector_relay.jobs.retry import Failure, decide
from mlconnector_relay.reconcile.circuits import StoreCircuits
from mlconnector_relay.reconcile.periods import Periods
from mlconnector_relay.reconcile.plan import Owe, Skip, Wait, plan
from mlconnector_relay.reconcile.results import Results
from mlconnector_relay.reconcile.run import Reconciler
from mlconnector_relay.reconcile.send import Limits, Sender
from mlconnector_relay.sap.facts import StoreFacts
from mlconnector_relay.sap.mapping import Mapping
from mlconnector_relay.sap.messages import built_in
from mlconnector_relay.trail.alerts import Alerts
from mlconnector_relay.trail.audit import Audit
from mlconnector_relay.trail.vault import Vault
from mlconnector_shared.bapi import content_digest
from mlconnector_shared.envelope import CallEnvelope, Post, ResultEnvelope, to_bytes
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.signing import Signer, open_, public_from_bytes, seal
from sqlalchemy import text

from tests.support.mappings import a_mapping
from tests.support.orders import Line, documents
from tests.support.relay_state import a_store, add_store, key_of
from tests.support.virtual import VirtualRuntime

INTERLEAVINGS = int(os.environ.get("MLCONNECTOR_INTERLEAVINGS", "150"))
ANSWER_SECONDS = 60.0
SIGNER = Signer.from_seed(b"r" * 32)
TRUST = {SIGNER.key_id: public_from_bytes(SIGNER.public_bytes)}
BEGIN = datetime(2026, 3, 4, tzinfo=UTC)

LIVES = {
    "paid at once": (11,),
    "paid later": (7, 11),
    "paid, packed, shipped": (1, 11, 9, 2),
    "shipped by parts": (11, 3, 2, 10),
    "given up": (7, 5),
    "never finished": (0,),
    "held": (12,),
}
"""Statuses an order goes through; none of them takes back what an earlier one made owed."""


class Clock(VirtualRuntime):
    """Stands still unless it is moved."""

    elapsed = 0.0

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.elapsed += seconds


@dataclass
class Shop:
    """The store: orders as documents, and what it says has happened to them."""

    clock: Clock
    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    lives: dict[int, list[int]] = field(default_factory=dict)
    events: list[tuple[int, str]] = field(default_factory=list)
    after: int = 0
    happens: Callable[[], Awaitable[None]] | None = None

    def place(self, order: int, life: str) -> None:
        first, *rest = LIVES[life]
        paid = "captured" if 5 not in rest else "void"
        header = {"id": order, "payment_status": paid, "date_created": _rfc2822(self.clock.now())}
        self.orders[order] = documents(Line("59.50", quantity=1 + order % 3), order=header)
        self.lives[order] = rest
        self._become(order, first, "created")

    def advance(self, order: int) -> None:
        """Let an order reach its next status, if there is any."""
        if self.lives[order]:
            self._become(order, self.lives[order].pop(0), "statusUpdated")

    def _become(self, order: int, status: int, event: str) -> None:
        # Stamps have whole seconds, and no two versions share one.
        self.clock.elapsed += 1.0
        header = self.orders[order]["order"]
        header |= {"status_id": status, "date_modified": _rfc2822(self.clock.now())}
        self.events.append((order, f"store/order/{event}"))

    def snapshot(self, order: int) -> OrderSnapshot:
        return OrderSnapshot.model_validate(self.orders[order])

    async def get(self, path: str, params: Any = None, observe: Any = None) -> Any:
        if path == "/v2/orders":
            observe(Fetch("GET", path, 200, 1.0, b"", self.clock.now()))
            return sorted((dict(one["order"]) for one in self.orders.values()), key=lambda one: one["id"])
        one = self.orders[int(path.rsplit("/", 1)[1])]
        answer = dict(one["order"]) | {"fees": [], "consignments": {"shipping": one["shipping_addresses"]}}
        await self._answered()
        return answer

    async def all_pages(self, path: str, params: Any = None, observe: Any = None) -> list[Any]:
        answer = list(self.orders[int(path.split("/")[3])].get(path.rsplit("/", 1)[1], ()))
        await self._answered()
        return answer

    async def _answered(self) -> None:
        await asyncio.sleep(0)
        self.after -= 1
        if self.after == 0 and self.happens is not None:
            await self.happens()

    async def facts(self, product_ids: Any, observe: Any = None) -> CatalogueFacts:
        products = {number: ProductFacts(id=number, categories=(21,)) for number in product_ids}
        return CatalogueFacts(products, {21: Category(id=21, parent_id=0)})


class Agent:
    """The other end of the tunnel: keeps what reaches it until it is told to answer."""

    instance = "berlin"
    fencing_token = 1

    def __init__(self) -> None:
        self.waiting: list[CallEnvelope] = []
        self.posted: dict[str, str] = {}

    async def acquire(self, *_: Any, **__: Any) -> "Agent":
        return self

    def release(self) -> None:
        """Credit is without end here."""

    def seal(self, envelope: CallEnvelope) -> bytes:
        return seal("call", to_bytes(envelope), SIGNER)

    async def send(self, _slot: Any, envelope: CallEnvelope, _sealed: bytes) -> None:
        self.waiting.append(envelope)

    def answer(self, envelope: CallEnvelope, at: datetime) -> ResultEnvelope:
        assert isinstance(envelope.work, Post)
        digest = content_digest(envelope.work.call)
        assert self.posted.setdefault(envelope.posting_id, digest) == digest
        number = f"{1_800_000_000 + len(self.posted)}10002026"
        return ResultEnvelope(envelope.envelope_id, envelope.posting_id, "berlin", "posted", at, object_key=number)


@dataclass
class Directory:
    """One store, one mapping."""

    one: Account
    rules: Mapping

    def account(self, _key: Any) -> Account:
        return self.one

    def mapping(self, *_: Any) -> Mapping:
        return self.rules

    def four_eyes(self, *_: Any) -> bool:
        return False


class Relay:
    """Everything of the relay that orders pass through, on one database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.clock = database, Clock()
        vault, alerts, none = Vault(bytes(32), self.clock), Alerts(), Failpoints("", folder, self.clock)
        audit = Audit(vault, self.clock)
        store = a_store(cut_over=BEGIN)
        self.facts = StoreFacts("acme", "abc123", "B1", BEGIN, timezone="Europe/London")
        self.shop, self.agent, self.mapping = Shop(self.clock), Agent(), a_mapping()
        shop: Any = self.shop
        self.account = Account(store, ("secret",), {}, self.facts, shop, shop)
        agent: Any = self.agent
        sender = Sender(
            database, agent, vault, audit, lambda sealed: open_("call", sealed, TRUST), self.clock,
            Limits(300.0, ANSWER_SECONDS), none,
        )  # fmt: skip
        directory: Any = Directory(self.account, self.mapping)
        periods = Periods(database, alerts, self.clock)
        self.reconciler = Reconciler(database, directory, sender, audit, alerts, StoreCircuits(), self.clock, periods)
        self.inbox = Inbox(database, audit, self.clock, settle_seconds=2.0)
        self.sweeper = Sweep(database, directory, Alerts(), self.clock, 60.0, 30.0)
        self.queues = [Queue(database, self.clock, name, 60.0) for name in ("relay-1", "relay-2")]
        self.results = Results(
            database,
            audit,
            alerts,
            self.clock,
            ANSWER_SECONDS,
            lambda: None,
            none,
            lambda _: built_in(),
            periods=periods,
        )
        self.last_order, self.deliveries = 1000, 0

    async def begin(self) -> None:
        """Forget the orders of the interleaving before, also of one that failed."""
        for kept in (self.shop.orders, self.shop.events, self.agent.posted, self.agent.waiting):
            kept.clear()
        await self.database.write(lambda tx: tx.execute(text("DELETE FROM jobs")))

    async def deliver(self, event: int, times: int) -> None:
        """Let a callback come `times` at once: the same delivery, and one more that tells of the same event."""
        order, scope = self.shop.events[event % len(self.shop.events)]
        self.deliveries += 1
        told = [f"d{self.deliveries}"] * times + [f"d{self.deliveries}-again"] * (times > 2)
        accepted = [
            self.inbox.accept(
                self.account, Callback(one, scope, "abc123", {}, self.clock.now(), False, order), b'{"id":1}'
            )
            for one in told
        ]
        await asyncio.gather(*accepted)

    async def work(self, at_most: int) -> int:
        """Let two processes work on what is due, at the same time."""
        leased = [job for queue in self.queues for job in await queue.lease(at_most)]
        await asyncio.gather(*(self._reconcile(job) for job in leased))
        return len(leased)

    async def _reconcile(self, job: jobs.Job) -> None:
        try:
            await self.reconciler(job)
        except ConnectorError as error:
            await self.queues[0].settle(job, decide(Failure.of(error), job.attempts, self.clock.now(), 0.0))

    async def answer(self, times: int) -> None:
        """Let the agent answer the oldest envelope, perhaps more than once."""
        if self.agent.waiting:
            result = self.agent.answer(self.agent.waiting.pop(0), self.clock.now())
            await asyncio.gather(*(self.results.result("acme", result, b"sealed") for _ in range(max(times, 1))))

    async def advance(self, order: int, *, told: bool) -> None:
        """Let an order go on, and its callback come at once, if it comes."""
        before = len(self.shop.events)
        self.shop.advance(order)
        if told and len(self.shop.events) > before:
            await self.deliver(before, 1)

    async def meanwhile(self, order: int, requests: int, *, told: bool) -> None:
        """Let an order go on while the relay is at work, after so many answers of the store."""
        self.shop.after, self.shop.happens = requests, lambda: self.advance(order, told=told)
        await self.work(100)
        self.shop.happens = None

    async def settle(self, *, swept: bool) -> None:
        """Let everything come to rest: what is left of the orders' lives, and the sweep if callbacks were lost."""
        for order in self.shop.orders:
            while self.shop.lives[order]:
                self.clock.elapsed += 3
                await self.meanwhile(order, 1 + order % 6, told=not swept)
                await self.advance(order, told=not swept)
        for _ in range(40):
            self.clock.elapsed += 61
            found = await self.sweeper.once(self.account) if swept else 0
            found += await self.work(100)
            while self.agent.waiting:
                await self.answer(1)
            if not found:
                return
        raise AssertionError("it does not come to rest")

    async def interleave(self, lives: list[str], steps: list[tuple[str, int, int]], *, swept: bool) -> None:
        """Place orders, and do whatever the steps say, in their order.

        Where nothing sweeps, every event is told of at least once, when it happens; else most callbacks are lost.
        """
        await self.begin()
        for life in lives:
            self.last_order += 1
            self.shop.place(self.last_order, life)
            if not swept:
                await self.deliver(len(self.shop.events) - 1, 1)
        for act, which, times in steps:
            self.clock.elapsed += which
            match act:
                case "advance":
                    await self.advance(self.last_order - which % len(lives), told=not swept)
                case "deliver":
                    await self.deliver(which, times)
                case "meanwhile":
                    await self.meanwhile(self.last_order - which % len(lives), 1 + which, told=not swept)
                case "work":
                    await self.work(times or 1)
                case "answer":
                    await self.answer(times)
                case _ if swept:
                    await self.sweeper.once(self.account)
                case _:
                    pass
        await self.settle(swept=swept)

    async def check(self) -> None:
        """Compare with what each order, as it is in the end, calls for on its own."""
        for order in self.shop.orders:
            async with self.database.read() as tx:
                job, entries = await jobs.of_order(tx, *key_of(order)), await ledger.of_order(tx, *key_of(order))
            assert job
            owed = plan(self.shop.snapshot(order), (), self.mapping, self.facts)
            posted = [(entry.posting_id, entry.state, entry.digest, entry.attempt) for entry in entries]
            match owed:
                case Owe(built, step):
                    digest = content_digest(built.call)
                    assert posted == [(step.posting_id, "posted", digest, 1)]
                    assert self.agent.posted[step.posting_id] == digest
                case _:
                    assert posted == []
            state = {Owe: "posted", Skip: "skipped", Wait: "waiting"}[type(owed)]
            assert (job.state, job.due_at, job.lease_owner) == (state, None, None)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["advance", "deliver", "deliver", "deliver", "work", "meanwhile", "answer", "sweep"]),
        st.integers(0, 7),
        st.integers(0, 3),
    ),
    max_size=25,
)


@pytest.fixture(scope="module")
def relay() -> Iterator[tuple[asyncio.Runner, Relay]]:
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as path, asyncio.Runner() as runner:
        made = runner.run(_made(Path(path)))
        yield runner, made
        runner.run(made.database.close())


async def _made(folder: Path) -> Relay:
    database = Database(f"sqlite:///{folder}/relay.db")
    await upgrade_database(database, VirtualRuntime())
    await add_store(database, cut_over=BEGIN)
    return Relay(database, folder)


@settings(
    max_examples=INTERLEAVINGS, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(st.sampled_from(sorted(LIVES)), min_size=1, max_size=3), STEPS, st.booleans())
def test_callbacks_change_nothing(
    relay: tuple[asyncio.Runner, Relay], lives: list[str], steps: list[tuple[str, int, int]], swept: bool
) -> None:
    """In whatever order, however often, at the same moment, late or lost: each order posts once what it calls for."""
    runner, world = relay
    runner.run(world.interleave(lives, steps, swept=swept))
    runner.run(world.check())


def _rfc2822(moment: datetime) -> str:
    return moment.strftime("%a, %d %b %Y %H:%M:%S +0000")
