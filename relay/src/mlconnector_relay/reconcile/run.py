"""Bring one order into step with SAP: settle what is open, else fetch, plan, and do what is owed.

Nobody waits here for SAP's answer: the result is applied by `results`, which settles the order or has it looked at
again. Every way through ends by settling the job in the transaction that records why.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, assert_never

import structlog
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.runtime import Runtime, backoff

from ..bigcommerce.errors import StoreNotFound, StoreRateLimited, StoreUnavailable
from ..db import decisions, jobs, ledger
from ..db.engine import Database, Transaction
from ..db.jobs import Cause, Done, Job, Outcome, Parked, Retry, Sight, StoreKey
from ..db.ledger import NewEntry
from ..directory import Account, Directory
from ..sap.books import HELD, PERIOD
from ..sap.mapping import Mapping
from ..trail.alerts import Alerts
from ..trail.audit import Audit, Record
from ..tunnel.errors import CallRefused
from . import kept
from . import plan as planning
from .adopting import ASKED as ASKED_TO_ADOPT
from .adopting import BEFORE_CUT_OVER, requested
from .adoptions import Adoptions, Subject
from .ceiling import TooManyReversals
from .circuits import StoreCircuits
from .later import ARCHIVED
from .periods import Periods
from .records import brought_back, fetched, mapped, missing, planned
from .remapping import ASKED as ASKED_TO_REMAP
from .send import Sender
from .snapshot import Taken, take
from .steps import PlanBroken, as_causes, as_decided, as_planned, held_by, new_entry, sight_of, waiting_of
from .values import Adopt
from .verdict import of_check, with_amount

__all__ = ["Reconciler"]

FIRST_REFETCH_SECONDS: Final = 30.0
"""A store that served an old version of an order shows the new one within seconds, as a rule."""

LONGEST_REFETCH_SECONDS: Final = 900.0

TAKE_SECONDS: Final = 300.0
"""Of all fetches of one look at an order; one that takes longer is tried again, its store left alone for a while.

Longer than whatever is worked on at a time waits for a store's quota: what is thrown away then has used it up.
"""

MAY_ASK: Final = (ASKED_TO_ADOPT, ASKED_TO_REMAP)
"""Beginnings of causes by which one person asks for what is then decided, by two where two must agree."""


_log = structlog.get_logger(__name__)


class Reconciler:
    """Works on one order at a time.

    Args:
        database: ledger, jobs, audit trail.
        directory: stores and mappings.
        sender: writes envelopes down and sends them.
        audit: writes the trail.
        alerts: what a person must see.
        circuits: told which stores answer.
        runtime: clocks.
        periods: knows which posting periods SAP refuses.
    """

    def __init__(
        self,
        database: Database,
        directory: Directory,
        sender: Sender,
        audit: Audit,
        alerts: Alerts,
        circuits: StoreCircuits,
        runtime: Runtime,
        periods: Periods,
    ) -> None:
        self._database = database
        self._directory = directory
        self._sender = sender
        self._audit = audit
        self._alerts = alerts
        self._circuits = circuits
        self._runtime = runtime
        self._periods = periods
        self._adoptions = Adoptions(database, sender, audit, runtime)

    async def __call__(self, job: Job) -> None:
        """Do what is owed for an order, and settle its job.

        Raises:
            ConnectorError: a step failed; the worker turns it into a retry, a parked or a failed job.
        """
        account = self._directory.account(StoreKey(job.tenant, job.store_hash))
        async with self._database.read() as tx:
            entries = await ledger.of_order(tx, *job.key)
            # A decision has its order looked at again: one that was never bumped has none.
            decided = await decisions.of_order(tx, job.key) if job.generation > 1 else []
            open_entry = next((entry for entry in entries if entry.is_open), None)
            before = None if open_entry else await kept.read(tx, self._audit, job)
        if open_entry is not None:
            await self._sender.ask_again(job, open_entry)
            return
        newest = self._directory.mapping(job.tenant)
        known = [as_planned(entry) for entry in entries]
        try:
            taken = await self._within(
                job.order_id,
                take(
                    account.client,
                    account.catalogue,
                    job.order_id,
                    self._runtime,
                    refunds=bool(known or _asked(known, decided)),
                    transactions=lambda order: planning.needs_transactions(order, known, newest, account.facts),
                    unseen=lambda seen: planning.is_paid_unseen(seen, known, newest),
                    kept=before,
                    companies=account.companies,
                ),
            )
        except (StoreUnavailable, StoreRateLimited):
            if self._circuits.failed(account.key, self._runtime.monotonic(), self._runtime.random()):
                _log.warning("store.away", tenant=job.tenant, store=job.store_hash)
            raise
        except StoreNotFound as error:
            plan = planning.plan(None, known, newest, account.facts)
            if not isinstance(plan, planning.Settled | planning.Park):
                # Nothing is known of it but that it is not there now: asked again by the rules of any failure.
                raise
            records = [missing(job, error), planned(job, plan, newest.version)]
            await self._settle(job, self._outcome(job, plan), records)
            return
        if self._circuits.answered(account.key):
            _log.info("store.back", tenant=job.tenant, store=job.store_hash)
        await self._decide(job, account, taken, known, decided)

    async def _decide(
        self,
        job: Job,
        account: Account,
        taken: Taken,
        known: Sequence[planning.Entry],
        decided: Sequence[decisions.Decided],
    ) -> None:
        newest = self._directory.mapping(job.tenant)
        mapping = self._directory.mapping(job.tenant, taken.snapshot.order.date_created, account.facts.timezone)
        if not taken.snapshot.order.is_deleted:
            await self._forget(job, [one for one in decided if one.cause.startswith(ARCHIVED)])
        chosen = self._chosen(job, decided)
        plan: planning.Plan | Adopt = await self._planned(job, account, taken, known, mapping, chosen)
        order = Subject(job, account, taken.snapshot, mapping, chosen)
        if isinstance(plan, planning.Skip) and plan.rule == BEFORE_CUT_OVER:
            plan = await self._adoptions.plan(order, plan, _asked(known, decided))
        records = [fetched(job, taken), planned(job, plan, mapping.version)]
        sight = sight_of(taken.snapshot, kept.holder(taken))
        if isinstance(plan, Adopt):
            await self._adoptions.take_over(order, plan, sight, records)
            return
        if isinstance(plan, planning.Owe):
            await self._owe(job, taken, mapping, plan, records)
            return
        await self._settle(job, self._outcome(job, plan), records, sight)
        if isinstance(plan, planning.Park) and self._directory.mapping(job.tenant).version != newest.version:
            # The new mapping was asked for its cures before this order waited for one.
            await self._database.write(lambda tx: jobs.bump(tx, job.key, self._runtime.now()))

    async def _within(self, order_id: int, taking: Awaitable[Taken]) -> Taken:
        """Let an order's fetches take so long and no longer: a slow shop must not keep its place from others."""
        try:
            return await self._runtime.within(TAKE_SECONDS, taking)
        except TimeoutError as error:
            detail = f"its parts did not come within {TAKE_SECONDS:.0f} s"
            raise StoreUnavailable("GET", f"order {order_id}", detail) from error

    def _chosen(self, job: Job, decided: Sequence[decisions.Decided]) -> list[planning.Decision]:
        """Return the decisions that count: of two people where two must agree, by the rules as they are now."""
        # Whatever mapping the order is posted by; one person may ask.
        four_eyes = self._directory.four_eyes(job.tenant)
        return [
            as_decided(one) for one in decided if one.confirmed_by or not four_eyes or one.cause.startswith(MAY_ASK)
        ]

    async def _planned(
        self,
        job: Job,
        account: Account,
        taken: Taken,
        known: Sequence[planning.Entry],
        mapping: Mapping,
        chosen: Sequence[planning.Decision],
    ) -> planning.Plan:
        books = self._periods.books(account.store, job.order_id)
        plan = planning.plan(taken.snapshot, known, mapping, replace(account.facts, books=books), chosen)
        if isinstance(plan, planning.Park) and any(cause.key.startswith(f"{PERIOD}:") for cause in plan.causes):
            # Another relay, or a person, may know more by now.
            await self._periods.refresh(job.tenant)
            newer = self._periods.books(account.store, job.order_id)
            if newer.closed != books.closed:
                return planning.plan(taken.snapshot, known, mapping, replace(account.facts, books=newer), chosen)
        return plan

    async def _forget(self, job: Job, ended: Sequence[decisions.Decided]) -> None:
        """Take back that an order was acknowledged as archived: it may be archived once more."""

        async def work(tx: Transaction) -> None:
            over = [brought_back(job, one) for one in ended if await decisions.forget(tx, one)]
            await self._audit.record_many(tx, over, self._runtime.now())

        if ended:
            await self._database.write(work)

    async def _owe(self, job: Job, taken: Taken, mapping: Mapping, owe: planning.Owe, records: list[Record]) -> None:
        store = self._directory.account(StoreKey(job.tenant, job.store_hash)).store
        records.append(mapped(job, owe.built))
        order, digest = taken.snapshot.order, taken.snapshot.digest()
        entry = new_entry(job, store, owe, mapping=mapping.version, snapshot=digest, modified=order.date_modified)
        sight = sight_of(taken.snapshot, kept.holder(taken))
        refused = await self._refused(job, entry, owe.built.following)
        if refused is not None:
            await self._settle(job, with_amount(refused, waiting_of(entry)), records, sight)
            return
        # A limit counts as it is now, whatever mapping the order is posted by.
        most = self._directory.mapping(job.tenant).file.cancellations.most_per_hour
        try:
            await self._sender.post(job, entry, owe.built.call, records, sight, most)
        except TooManyReversals as error:
            await self._settle(job, with_amount(error.parked, waiting_of(entry)), records, sight)

    async def _refused(self, job: Job, entry: NewEntry, following: Sequence[BapiCall]) -> Outcome | None:
        """Return why a step of several documents is not begun; None where all the others would be posted."""
        try:
            answer = await self._sender.check(entry, following)
        except CallRefused as error:
            sentence = f"{error}; no part of the order is posted until all would be"
            return Parked((Cause(f"gate:{error.rule}", sentence, "basis"),), sentence, "basis")
        if answer is None:
            return None
        now, catalogue = self._runtime.now(), self._directory.messages(job.tenant)
        return of_check(answer, now, job.attempts + 1, self._runtime.random(), catalogue)

    async def _settle(self, job: Job, outcome: Outcome, records: list[Record], sight: Sight | None = None) -> None:
        async def work(tx: Transaction) -> None:
            now = self._runtime.now()
            written = await self._audit.record_many(tx, records, now)
            settled = await jobs.settle(tx, job, outcome, now, sight and held_by(sight, written))
            if settled and isinstance(outcome, Parked | Done):
                causes = outcome.causes if isinstance(outcome, Parked) else outcome.listed
                # What finance holds by its calendar is no news to it.
                for cause in (one for one in causes if not one.key.startswith(f"{HELD}:")):
                    await self._alerts.open(tx, job.tenant, cause.key, cause.sentence, cause.owner, now)

        await self._database.write(work)

    def _outcome(
        self, job: Job, plan: planning.Park | planning.Skip | planning.Wait | planning.Settled | planning.Settle
    ) -> Outcome:
        match plan:
            case planning.Park(causes, again_at):
                reason = "; ".join(cause.sentence for cause in causes)
                return Parked(as_causes(causes), reason, causes[0].owner, again_at)
            case planning.Skip(rule, sentence):
                return Done("skipped", f"{rule}: {sentence}")
            case planning.Wait(sentence, refetch=True):
                again = backoff(
                    job.attempts + 1, FIRST_REFETCH_SECONDS, LONGEST_REFETCH_SECONDS, self._runtime.random()
                )
                return Retry(self._runtime.now() + timedelta(seconds=again), sentence)
            case planning.Wait(sentence, again_at=again_at):
                return Done("waiting", sentence, "store", again_at)
            case planning.Settled(sentence, listed):
                return Done("posted", sentence, listed=as_causes(listed))
            case planning.Settle(posting_id):
                raise PlanBroken(f"posting {posting_id} is open in the plan, but not in the ledger")
            case _:
                assert_never(plan)


def _asked(known: Sequence[planning.Entry], decided: Sequence[decisions.Decided]) -> list[str]:
    """Return the documents that people want adopted for an order, the oldest wish first; none once it has postings."""
    return [] if known else requested([one.cause for one in decided])
