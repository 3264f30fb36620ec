"""What agents say is applied once, however often and in whichever order it is told; on both databases."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.db import alerts, audit, inbox, jobs, ledger
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import Done, Job
from mlconnector_relay.failpoint import Failpoints
from mlconnector_relay.reconcile import results as module
from mlconnector_relay.reconcile.periods import Periods
from mlconnector_relay.reconcile.results import Results
from mlconnector_relay.sap.messages import built_in
from mlconnector_relay.trail.alerts import Alerts
from mlconnector_relay.trail.audit import Audit
from mlconnector_relay.trail.vault import Vault
from mlconnector_relay.tunnel.errors import UnheardOf
from mlconnector_relay.tunnel.registry import InstanceKey
from mlconnector_relay.tunnel.sink import Condition
from mlconnector_shared.bapi import Message
from mlconnector_shared.envelope import Receipt, ResultEnvelope
from mlconnector_shared.errors import ConnectorError

from tests.support.hasty import HastyRuntime
from tests.support.relay_state import add_store, an_entry, key_of, leased

POSTING = "acme/abc123/7/invoice/1/1"
DOCUMENT = "018000000110002026"
ANSWER_SECONDS = 60.0


class Office:
    """A posting that was sent, and the sink that hears of it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.runtime = HastyRuntime()
        self.audit = Audit(Vault(bytes(32), self.runtime), self.runtime)
        self.woken = 0
        self.results = Results(
            database,
            self.audit,
            Alerts(),
            self.runtime,
            ANSWER_SECONDS,
            self._wake,
            Failpoints("", folder, self.runtime),
            lambda _tenant: built_in(),
            periods=Periods(database, Alerts(), self.runtime),
        )

    def _wake(self) -> None:
        self.woken += 1

    async def send(self) -> None:
        """Write the posting down and settle its job, as sending does."""
        await add_store(self.database)
        await self.database.write(lambda tx: jobs.enqueue(tx, key_of(7), self.runtime.now(), trace="00-trace"))
        [job] = await leased(self.database, self.runtime.now())
        now = self.runtime.now()

        async def work(tx: Any) -> None:
            await ledger.intend(tx, an_entry(), now)
            await ledger.sent(tx, "acme", POSTING, 1, "berlin", 1, now)
            await jobs.settle(tx, job, Done("posting", "sent", "agent", now + timedelta(seconds=ANSWER_SECONDS)), now)

        await self.database.write(work)

    async def hear(self, outcome: Any, attempt: str = "1", posting: str = POSTING, **fields: Any) -> None:
        """Tell the sink a result."""
        teller = fields.pop("instance", "berlin")
        result = ResultEnvelope(f"{posting}#{attempt}", posting, teller, outcome, self.runtime.now(), **fields)
        await self.results.result("acme", result, b"sealed")

    async def refuse(self, rule: str, attempt: str = "1", posting: str = POSTING, instance: str = "berlin") -> None:
        """Tell the sink a refusal."""
        receipt = Receipt(f"{posting}#{attempt}", posting, instance, rule, "because", self.runtime.now())
        await self.results.refused("acme", receipt, b"sealed")

    async def job(self) -> Job:
        async with self.database.read() as tx:
            job = await jobs.of_order(tx, *key_of(7))
        assert job
        return job

    async def entry(self) -> ledger.LedgerEntry:
        async with self.database.read() as tx:
            entry = await ledger.by_posting(tx, "acme", POSTING)
        assert entry
        return entry

    async def alerts(self) -> list[str]:
        async with self.database.read() as tx:
            return [alert.key for alert in await alerts.find(tx, "acme")]

    async def records(self) -> list[str]:
        async with self.database.read() as tx:
            return [row.kind for row in await audit.of_subject(tx, "acme", "abc123/7")]

    async def bump(self, seconds: float) -> None:
        """Let a callback come in."""
        delivery = inbox.Delivery(
            "acme", "abc123", f"d{self.runtime.new_id()}", "store/order/updated", 7, self.runtime.now(), trace="00-new"
        )
        await self.database.write(lambda tx: inbox.accept_many(tx, (delivery,), timedelta(seconds=seconds)))


@pytest.fixture
async def office(database: Database, tmp_path: Path) -> Office:
    """A posting of order 7 is under way."""
    found = Office(database, tmp_path)
    await found.send()
    return found


async def test_a_document_ends_the_order(office: Office) -> None:
    """Ledger, job and trail say so together; nothing is due any more."""
    await office.hear("posted", object_key=DOCUMENT)

    job, entry = await office.job(), await office.entry()
    assert (job.state, job.due_at, entry.state, entry.object_key) == ("posted", None, "posted", DOCUMENT)
    assert await office.records() == ["agent.result"]
    assert (await office.alerts(), office.woken) == ([], 1)


async def test_the_same_answer_again_changes_nothing(office: Office) -> None:
    """The agent repeats until it is acknowledged."""
    await office.hear("posted", object_key=DOCUMENT)
    before = await office.job(), await office.entry()
    for outcome in ("posted", "already_posted"):
        await office.hear(outcome, attempt="1.99", object_key=DOCUMENT)

    assert (await office.job(), await office.entry()) == before
    assert await office.alerts() == []


async def test_doubt_ends_with_the_document(office: Office) -> None:
    """In doubt is asked about again, and may become posted."""
    await office.hear("in_doubt", detail="update pending")
    job = await office.job()
    assert (job.state, job.reason, job.due_at is not None) == ("in_doubt", "update pending", True)

    await office.hear("already_posted", object_key=DOCUMENT)
    assert ((await office.job()).state, (await office.entry()).state) == ("posted", "posted")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("posted", {"object_key": DOCUMENT}), ("posted", {"object_key": "0999999999" + DOCUMENT[10:]})),
        (("posted", {"object_key": DOCUMENT}), ("conflict", {})),
        (("failed", {"reason": "x"}), ("posted", {"object_key": DOCUMENT})),
        (("conflict", {}), ("posted", {"object_key": DOCUMENT})),
    ],
)
async def test_answers_that_contradict_each_other_are_for_a_person(office: Office, first: Any, second: Any) -> None:
    """Neither overwrites the other in silence."""
    for outcome, fields in (first, second):
        await office.hear(outcome, **fields)

    assert f"contradiction:{POSTING}" in await office.alerts()


async def test_an_edit_that_came_while_the_posting_was_open_is_still_looked_at(office: Office) -> None:
    """The document knows nothing of it; its callback's turn stays, whether it was due sooner or later."""
    await office.bump(30)
    due = (await office.job()).due_at
    await office.hear("posted", object_key=DOCUMENT)

    job = await office.job()
    assert (job.state, job.due_at) == ("posted", due)


async def test_an_edit_due_after_the_answer_would_be_is_not_lost_either(office: Office) -> None:
    """A wait longer than the answer's leaves the due time as it was, and is seen all the same."""
    await office.bump(600)
    await office.hear("posted", object_key=DOCUMENT)

    assert (await office.job()).due_at is not None


async def test_an_edit_that_is_due_keeps_its_turn(office: Office) -> None:
    """Whatever the outcome."""
    await office.bump(0)
    await office.hear("rejected", reason="sap_message", messages=(Message("E", "F5", "351", "blocked"),))

    job = await office.job()
    assert job.state == "parked"
    assert job.due_at is not None
    assert job.due_at <= office.runtime.now()


async def test_an_answer_while_the_job_is_worked_on_has_it_looked_at_again(office: Office) -> None:
    """Whoever works on it does not know the outcome: what it settles is not the last word."""
    await office.runtime.sleep(ANSWER_SECONDS + 1)
    [held] = await leased(office.database, office.runtime.now())
    await office.hear("posted", object_key=DOCUMENT)
    late = Done("in_doubt", "no answer yet", "agent", office.runtime.now() + timedelta(hours=1))
    await office.database.write(lambda tx: jobs.settle(tx, held, late, office.runtime.now()))

    [again] = await leased(office.database, office.runtime.now())
    assert again.order_id == 7


async def test_saps_no_parks_the_order_and_tells_somebody(office: Office) -> None:
    """With the cause it waits for; one alert."""
    await office.hear("rejected", reason="sap_message", messages=(Message("E", "F5", "351", "blocked"),))

    async with office.database.read() as tx:
        causes = await jobs.causes_of(tx, key_of(7))
    assert [cause.key for cause in causes] == ["sap:F5 351"] == await office.alerts()
    assert ((await office.job()).state, (await office.entry()).state) == ("parked", "rejected")


async def test_a_technical_failure_is_tried_again(office: Office) -> None:
    """The order waits, visibly, and its earlier causes are gone."""
    await office.hear("failed", reason="commit_never_sent", retryable=True)

    job = await office.job()
    assert (job.state, job.attempts, (await office.entry()).state) == ("waiting", 1, "failed")
    assert job.due_at is not None
    assert job.due_at > office.runtime.now()


async def test_the_first_envelope_refused_frees_the_posting(office: Office) -> None:
    """A signed refusal proves that it did nothing: what will not heal parks, what passes is tried again."""
    await office.refuse("company_code")

    assert ((await office.job()).state, (await office.entry()).state) == ("parked", "failed")
    assert await office.alerts() == ["gate:company_code"]
    assert await office.records() == ["agent.refused"]


async def test_a_passing_refusal_is_tried_again(office: Office) -> None:
    """The agent was stopping, or had not heard of the new writer lease."""
    await office.refuse("draining")

    job = await office.job()
    assert (job.state, job.due_at is not None, (await office.entry()).state) == ("waiting", True, "failed")


async def test_a_refused_question_proves_nothing_about_what_was_sent_before(office: Office) -> None:
    """The first envelope may have been executed."""
    before = await office.job()
    await office.refuse("expired", attempt="1.7")

    assert (await office.entry()).state == "sent"
    assert await office.job() == before


async def test_a_refusal_after_the_document_changes_nothing(office: Office) -> None:
    """Posted never changes."""
    await office.hear("posted", object_key=DOCUMENT)
    await office.refuse("company_code")

    assert ((await office.job()).state, (await office.entry()).state) == ("posted", "posted")


async def test_what_the_ledger_never_heard_of_is_kept_and_told(office: Office) -> None:
    """After a restore: the agent may forget it, we may not; a refusal of it proves nothing."""
    unknown = "acme/abc123/8/invoice/1/1"
    await office.hear("posted", posting=unknown, object_key=DOCUMENT)
    await office.refuse("expired", posting=unknown)

    assert await office.alerts() == ["contradiction:berlin"]
    async with office.database.read() as tx:
        rows = await audit.of_subject(tx, "acme", "abc123/8")
    assert [(row.kind, bool(row.payload_digest)) for row in rows] == [("agent.result", True)]


async def test_an_agent_that_invents_postings_is_not_listened_to(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One alert however many there are; from a number on nothing is kept until a person has looked, others' go on."""
    monkeypatch.setattr(module, "MOST_UNHEARD_OF", 3)
    made_up = [f"acme/abc123/{order}/invoice/1/1" for order in range(100, 110)]
    for posting in made_up[:3]:
        await office.hear("posted", posting=posting, object_key=DOCUMENT)
    for posting in made_up:
        with pytest.raises(UnheardOf, match="contradiction:berlin"):
            await office.hear("posted", posting=posting, object_key=DOCUMENT)
    await office.hear("posted", posting=made_up[3], instance="munich", object_key=DOCUMENT)
    await office.hear("posted", object_key=DOCUMENT)

    assert await office.alerts() == ["contradiction:berlin", "contradiction:munich"]
    async with office.database.read() as tx:
        kept = [len(await audit.of_subject(tx, "acme", posting[5:].split("/invoice")[0])) for posting in made_up]
    assert kept == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert (await office.entry()).state == "posted"

    await office.database.write(
        lambda tx: alerts.acknowledge(tx, "acme", "contradiction:berlin", "Ada", office.runtime.now())
    )
    await office.hear("posted", posting=made_up[9], object_key=DOCUMENT)


async def test_answers_that_change_nothing_are_kept_up_to_a_number(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Repeated, late, contradicting, refused again; what changes something is always kept."""
    monkeypatch.setattr(module, "MOST_ANSWERS", 4)
    await office.hear("in_doubt")
    await office.refuse("expired", attempt="7")
    await office.hear("posted", object_key=DOCUMENT)
    for _ in range(3):
        await office.hear("posted", object_key=DOCUMENT)
        await office.hear("posted", object_key="018000000910002026")
        await office.hear("failed", instance="munich")
        await office.refuse("expired")
        await office.refuse("expired", attempt="7")

    assert await office.records() == ["agent.result", "agent.refused", "agent.result", "agent.result"]
    assert await office.alerts() == [f"contradiction:{POSTING}"]


async def test_nothing_of_a_result_is_kept_when_a_part_cannot_be(office: Office) -> None:
    """One transaction: an erased order's result is not half recorded, so the agent repeats it."""
    vault = Vault(bytes(32), office.runtime)
    await office.database.write(lambda tx: vault.seal(tx, "acme", "abc123/7", b"x"))
    await office.database.write(lambda tx: vault.erase(tx, "acme", "abc123/7", "asked for"))
    with pytest.raises(ConnectorError):
        await office.hear("posted", object_key=DOCUMENT)

    assert ((await office.job()).state, (await office.entry()).state) == ("posting", "sent")


async def test_heads_of_the_agent_s_chain_are_kept(office: Office) -> None:
    """As witness against the agent's own audit."""
    await office.results.anchor("acme", "berlin", b'{"chain":"agent","batch":3,"head":"ab","records":1}', b"sealed")

    async with office.database.read() as tx:
        assert len(await audit.witnessed(tx, "acme", "berlin")) == 1
    with pytest.raises(ConnectorError):
        await office.results.anchor("acme", "berlin", b"no json", b"sealed")


async def test_a_condition_of_an_agent_opens_and_closes_its_alert(office: Office) -> None:
    """One per agent and condition."""
    key = InstanceKey("acme", "berlin")
    condition = next(iter(Condition))
    await office.results.condition(key, condition, "the clock is wrong")
    assert await office.alerts() == [f"agent:berlin:{condition.value}"]

    await office.results.condition(key, condition, "")
    assert await office.alerts() == []


async def test_steps_change_nothing(office: Office) -> None:
    """They are told again with the result."""
    before = await office.job()
    await office.results.step("acme", f"{POSTING}#1", "called", office.runtime.now())

    assert await office.job() == before


@pytest.mark.parametrize("outcome", ["posted", "rejected", "failed", "in_doubt", "conflict"])
async def test_another_agent_of_the_tenant_cannot_end_a_posting(office: Office, outcome: Any) -> None:
    """Its word is kept, finance is told, and the one that has the posting goes on being asked."""
    before = await office.job(), await office.entry()
    await office.hear(outcome, instance="munich", object_key=DOCUMENT, retryable=True)

    assert (await office.job(), await office.entry()) == before
    assert await office.alerts() == [f"contradiction:{POSTING}"]
    assert await office.records() == ["agent.result"]
    await office.hear("posted", object_key=DOCUMENT)
    assert (await office.entry()).state == "posted"


async def test_another_agent_of_the_tenant_cannot_refuse_a_posting(office: Office) -> None:
    """Its receipt proves that it did nothing, which is nothing about the one that has the posting."""
    before = await office.job(), await office.entry()
    await office.refuse("expired", instance="munich")

    assert (await office.job(), await office.entry()) == before
    assert await office.alerts() == [f"contradiction:{POSTING}"]
