"""What the desk promises: nothing runs twice, credit for what can run now, every answer sealed and repeated."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
from mlconnector_agent.desk.desk import Desk
from mlconnector_agent.journal.records import Witness
from mlconnector_agent.policy.limits import POSTING, READING, SIMULATION
from mlconnector_shared import frames
from mlconnector_shared.bapi import BapiCall, Message
from mlconnector_shared.chain import ChainHead, anchor
from mlconnector_shared.envelope import CallEnvelope, Post, ReadTable, RfcStep, Simulate
from mlconnector_shared.signing import Signer, seal

from tests.support.desk import RELAY, US, DeskParts, LineDouble, RelayDouble, a_desk, agent_links, result_of
from tests.support.virtual import VirtualRuntime, virtual
from tests.unit.agent.test_policy import POLICY, document

EVERYTHING = replace(POLICY, function_modules=POSTING | SIMULATION | READING, days_back=4000)


class Bench:
    """A desk attached to a line, and a relay that seals calls for it."""

    def __init__(self, **options: int) -> None:
        self.runtime = VirtualRuntime()
        self.parts: DeskParts = a_desk(EVERYTHING, self.runtime, **options)
        self.desk: Desk = self.parts.desk
        self.relay = RelayDouble(agent_links()[0], self.runtime)
        self.relay._pump.cancel()
        self.line = self.a_line()

    def a_line(self, **welcome: Any) -> LineDouble:
        return LineDouble(self.relay.welcome(**welcome))

    async def attach(self) -> "Bench":
        await self.desk._look()
        await self.desk.attach(self.line)
        await self.settle()
        return self

    def posting(self, number: int = 1, **changes: Any) -> CallEnvelope:
        today = self.runtime.now().strftime("%Y%m%d")
        work = Post(BapiCall("BAPI_ACC_DOCUMENT_POST", document(pstng_date=today, doc_date=today)))
        return self.relay.envelope(work, number, **changes)

    def read(self, number: int = 1, **changes: Any) -> CallEnvelope:
        return self.relay.envelope(ReadTable("T000", ("MANDT",), max_rows=10), number, **changes)

    async def take(self, envelope: CallEnvelope, signer: Signer = RELAY) -> None:
        if envelope.posting_id:
            self.line.write_credit -= 1
        await self.desk.handle(self.relay.call(envelope, signer), self.line)
        await self.settle()

    async def shown(self, batch: int, head: str, records: int = 10) -> None:
        """Let the relay show a head of its audit chain."""
        payload = anchor(ChainHead("relay", batch, records, head))
        await self.desk.handle(frames.Anchor(seal("anchor", payload, RELAY)), self.line)
        await self.settle()

    async def settle(self, turns: int = 20) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)


@virtual
async def test_a_posting_is_accepted_carried_out_and_answered() -> None:
    """Accepted once the journal has it, then each act at SAP, then the sealed result; its credit comes back."""
    bench = await Bench().attach()

    await bench.take(bench.posting())

    kinds = [type(message).__name__ for message in bench.line.sent]
    assert kinds == ["GrantWrites", "Accepted", "Step", "Step", "Result", "GrantWrites"]
    assert [one.phase for one in bench.line.of(frames.Step)] == ["called", "commit_sent"]
    assert [(one.outcome, one.journal_sequence) for one in bench.line.results()] == [("posted", 1)]
    assert bench.line.write_credit == 2


@virtual
async def test_credit_is_granted_for_free_slots_only() -> None:
    """What was granted or runs is not granted again: the relay's postings begin at once or do not travel."""
    bench = await Bench(write_slots=3).attach()
    bench.parts.executor.seconds = 5

    assert [one.count for one in bench.line.of(frames.GrantWrites)] == [3]
    for number in range(3):
        await bench.take(bench.posting(number))
    bench.desk.measured(bench.line)
    assert bench.line.write_credit == 0, "all three slots are taken"
    await bench.runtime.sleep(6)

    assert bench.line.write_credit == 3
    assert bench.parts.executor.most_running == 3


@virtual
async def test_no_credit_while_sap_is_away() -> None:
    """A circuit that is open or a system that is down gives no credit, and credit comes when SAP is back."""
    bench = Bench()
    bench.parts.sap.reason = "logon LOGON_CIRCUIT: nobody logs on"
    await bench.attach()
    assert bench.line.of(frames.GrantWrites) == []

    bench.parts.sap.reason = ""
    await bench.desk._look()
    bench.desk._top_up()

    assert bench.line.write_credit == 2


@virtual
async def test_the_same_envelope_again_is_answered_from_the_journal() -> None:
    """A repeat of a finished posting gets the same sealed bytes, executes nothing, and may have expired."""
    bench = await Bench().attach()
    envelope = bench.posting()
    await bench.take(envelope)
    await bench.runtime.sleep(3600)

    await bench.take(envelope)

    first, second = bench.line.of(frames.Result)
    assert first == second
    assert bench.parts.executor.begun == [envelope.envelope_id]
    assert "envelope.repeated" in bench.parts.trail.kinds


@virtual
async def test_the_same_envelope_while_it_runs_is_accepted_once_more() -> None:
    """A repeat of a posting under way starts nothing; its result comes when it is there."""
    bench = await Bench().attach()
    bench.parts.executor.seconds = 5
    envelope = bench.posting()
    await bench.take(envelope)
    await bench.take(envelope)
    await bench.runtime.sleep(6)

    assert bench.parts.executor.begun == [envelope.envelope_id]
    assert len(bench.line.of(frames.Accepted)) == 2
    assert len(bench.line.results()) == 1


@virtual
async def test_the_same_id_with_other_bytes_is_a_replay() -> None:
    """Neither executed nor answered from the journal: refused."""
    bench = await Bench().attach()
    await bench.take(bench.posting())

    await bench.take(bench.posting(fencing_token=2))

    assert [one.rule for one in bench.line.receipts()] == ["replay"]


@virtual
async def test_a_read_is_carried_out_once() -> None:
    """A replayed read is refused: its rows went to whoever asked first."""
    bench = await Bench().attach()
    envelope = bench.read()
    await bench.take(envelope)
    await bench.take(envelope)

    assert [one.outcome for one in bench.line.results()] == ["read"]
    assert [one.rule for one in bench.line.receipts()] == ["replay"]


@virtual
async def test_a_refusal_is_a_signed_receipt_in_log_and_audit() -> None:
    """The relay learns the rule and to which posting it was said; SAP learns nothing."""
    bench = await Bench().attach()
    envelope = bench.posting(audience=replace_audience("other"))

    await bench.take(envelope)

    (receipt,) = bench.line.receipts()
    assert (receipt.rule, receipt.envelope_id, receipt.posting_id) == (
        "audience",
        envelope.envelope_id,
        envelope.posting_id,
    )
    assert ("envelope.refused", envelope.envelope_id) in [
        (kind, subject) for kind, subject, _ in bench.parts.trail.records
    ]
    assert bench.parts.executor.begun == []
    assert bench.line.write_credit == 2, "its credit came back"


def replace_audience(instance: str) -> Any:
    return msgspec.structs.replace(US, instance=instance)


@virtual
async def test_results_are_repeated_until_acknowledged() -> None:
    """A result whose line broke is told on the next one, in order, and no more once the relay has it."""
    bench = await Bench().attach()
    bench.parts.executor.seconds = 1
    for number in range(2):
        await bench.take(bench.posting(number))
    bench.desk.detach(bench.line)
    await bench.runtime.sleep(2)
    assert bench.line.results() == []

    second = bench.a_line()
    await bench.desk.attach(second)
    await bench.settle()
    assert [one.journal_sequence for one in second.results()] == [1, 2]
    await bench.desk.handle(frames.Acknowledge(second.results()[0].envelope_id, 1), second)
    await bench.settle()

    third = bench.a_line()
    await bench.desk.attach(third)
    await bench.settle()
    assert [one.journal_sequence for one in third.results()] == [2]


@virtual
async def test_a_result_goes_to_the_line_that_is_there_when_it_comes() -> None:
    """A posting that outlives its line answers on the next one, without waiting for the one after."""
    bench = await Bench().attach()
    bench.parts.executor.seconds = 5
    await bench.take(bench.posting())
    bench.desk.detach(bench.line)
    second = bench.a_line()
    await bench.desk.attach(second)
    bench.desk.detach(bench.line)
    await bench.runtime.sleep(6)

    assert [one.outcome for one in second.results()] == ["posted"]


@virtual
async def test_all_pages_of_unacknowledged_results_are_repeated() -> None:
    """However many there are; a line that ends in between takes no more."""
    bench = Bench()
    for number in range(10):
        envelope = bench.posting(number)
        bench.parts.book.keep(await bench.parts.executor.post(envelope, b""))
    await bench.attach()

    assert len({one.envelope_id for one in bench.line.of(frames.Result)}) == 10

    over = bench.a_line()
    over.over = True
    await bench.desk.attach(over)
    await bench.settle()
    assert over.sent == []


@virtual
async def test_quarantine_means_reads_only() -> None:
    """The relay's quarantine gives no credit; a posting that comes all the same is refused; reads go on."""
    bench = Bench()
    bench.line = bench.a_line(quarantined="the journal went back")
    await bench.attach()

    await bench.take(bench.posting())
    await bench.take(bench.read())

    assert bench.line.of(frames.GrantWrites) == []
    assert [one.rule for one in bench.line.receipts()] == ["quarantine"]
    assert [one.outcome for one in bench.line.results()] == ["read"]
    assert "postings.halted" in bench.parts.trail.kinds


@virtual
async def test_a_relay_that_went_back_gets_no_posting_done() -> None:
    """The high-water mark of one incarnation never falls; a relay restored from a backup must be recovered first."""
    bench = await Bench().attach()

    bench.line = bench.a_line(high_water=9)
    await bench.attach()
    await bench.take(bench.posting())
    assert [one.rule for one in bench.line.receipts()] == ["relay_regression"]
    assert bench.parts.book.witness.high_water == 10, "what was remembered stays"

    bench.line = bench.a_line(high_water=11)
    await bench.attach()
    assert bench.line.write_credit == 2


@virtual
async def test_an_offset_above_a_minute_stops_credit_and_postings() -> None:
    """The clock has its own alarm; when it is set right, postings go on."""
    bench = Bench()
    bench.line.clock_offset = timedelta(seconds=61)
    await bench.attach()
    there = bench.runtime.now() + bench.line.clock_offset

    await bench.take(bench.posting(issued_at=there, not_after=there + timedelta(seconds=60)))
    assert bench.line.of(frames.GrantWrites) == []
    assert [one.rule for one in bench.line.receipts()] == ["clock"]

    bench.line.clock_offset = timedelta(seconds=7)
    bench.desk.measured(bench.line)
    assert bench.line.write_credit == 2
    assert [facts["rule"] for kind, _, facts in bench.parts.trail.records if kind == "postings.halted"] == ["clock"]


@virtual
async def test_without_its_journal_the_agent_takes_no_posting() -> None:
    """A full disk stops credit and refuses postings by its own rule, until the journal can be written again."""
    bench = await Bench().attach()
    bench.parts.book.broken = True

    await bench.take(bench.posting())
    await bench.take(bench.posting(2))
    assert bench.line.results() == []
    assert [one.rule for one in bench.line.receipts()] == ["journal"]
    assert len(bench.line.of(frames.GrantWrites)) == 1

    await bench.desk._look()
    assert bench.desk.standing.journal
    bench.parts.book.broken = False
    await bench.desk._look()
    bench.desk._top_up()
    assert bench.line.write_credit == 2


@virtual
async def test_a_read_that_cannot_be_written_down_is_refused() -> None:
    """Unlike a posting, of which nobody knows yet whether its intent is on disk, it can be asked anew at once."""
    bench = await Bench().attach()
    bench.parts.book.broken = True

    await bench.take(bench.read())

    assert [one.rule for one in bench.line.receipts()] == ["journal"]
    assert bench.parts.executor.begun == []
    assert bench.desk.standing.journal


@virtual
async def test_what_cannot_be_audited_is_not_done() -> None:
    """While too many records wait for the disk, an admitted envelope is refused."""
    bench = await Bench().attach()
    bench.parts.trail.is_full = True

    await bench.take(bench.posting())

    assert [one.rule for one in bench.line.receipts()] == ["audit"]
    assert bench.parts.executor.begun == []


@virtual
async def test_rows_leave_only_against_row_credit() -> None:
    """A read waits for credit, chunk by chunk, in order, and ends with the number of its rows."""
    bench = await Bench().attach()
    bench.parts.executor.portions = [[["100"]], [["200"]], [["300"], ["400"]]]
    await bench.take(bench.read())
    assert bench.line.of(frames.Rows) == []

    for chunks in (1, 2):
        bench.line.rows["read-1"] = chunks
        await bench.desk.handle(frames.GrantRows("read-1", chunks), bench.line)
        await bench.settle()

    assert [(one.sequence, one.rows) for one in bench.line.of(frames.Rows)] == [
        (0, [["100"]]),
        (1, [["200"]]),
        (2, [["300"], ["400"]]),
    ]
    assert [(one.outcome, one.rows) for one in bench.line.results()] == [("read", 4)]
    assert bench.parts.executor.readings[0].closed


@virtual
async def test_a_cancelled_read_ends_and_says_so() -> None:
    """Cancel stops a read between two chunks; cancelling what is not there does nothing."""
    bench = await Bench().attach()
    bench.parts.executor.portions = [[["100"]]]
    await bench.take(bench.read())

    await bench.desk.handle(frames.Cancel("read-1", "the reader left"), bench.line)
    await bench.desk.handle(frames.Cancel("read-2", "unknown"), bench.line)
    await bench.settle()

    assert [(one.outcome, one.reason) for one in bench.line.results()] == [("failed", "cancelled")]
    assert bench.parts.executor.readings[0].closed


@virtual
async def test_reads_end_with_their_line() -> None:
    """Rows nobody can take are not read any further; postings go on."""
    bench = await Bench().attach()
    bench.parts.executor.portions = [[["100"]]]
    bench.parts.executor.seconds = 5
    await bench.take(bench.read())
    await bench.take(bench.posting())

    bench.desk.detach(bench.line)
    await bench.runtime.sleep(6)

    assert bench.parts.executor.readings[0].closed
    assert [one.envelope_id for one in bench.parts.book.results.values()] == ["acme/abc123/1/invoice/1/1#1"]


@virtual
async def test_no_more_reads_than_the_agent_takes() -> None:
    """A read too many is refused, not queued: queues without an end are how agents die."""
    bench = await Bench(read_slots=2).attach()
    bench.parts.executor.portions = [[["100"]]]

    for number in range(3):
        await bench.take(bench.read(number))

    assert [one.rule for one in bench.line.receipts()] == ["busy"]


@virtual
async def test_a_simulation_is_answered_without_the_journal() -> None:
    """Nothing was committed, so nothing is kept."""
    bench = await Bench().attach()
    today = bench.runtime.now().strftime("%Y%m%d")
    work = Simulate(BapiCall("BAPI_ACC_DOCUMENT_CHECK", document(pstng_date=today)))

    await bench.take(bench.relay.envelope(work))

    assert [one.outcome for one in bench.line.results()] == ["simulated"]
    assert bench.parts.book.results == {}


@virtual
async def test_draining_finishes_what_runs_and_refuses_the_rest() -> None:
    """After drain nothing new begins; it returns when what ran is answered and acknowledged, or waited long enough."""
    bench = await Bench().attach()
    bench.parts.executor.seconds = 5
    await bench.take(bench.posting())
    draining = asyncio.create_task(bench.desk.drain())
    await bench.settle()
    await bench.take(bench.posting(2))
    assert [one.rule for one in bench.line.receipts()] == ["draining"]

    await bench.runtime.sleep(5.5)
    assert not draining.done(), "the relay has not acknowledged yet"
    (result,) = bench.line.results()
    await bench.desk.handle(frames.Acknowledge(result.envelope_id, result.journal_sequence), bench.line)
    await bench.runtime.sleep(0.5)

    assert draining.done()
    assert len(bench.line.of(frames.Anchor)) == 1


@virtual
async def test_the_audit_is_anchored_at_the_relay() -> None:
    """Once a minute, where it has grown, its sealed head goes to the relay; the relay's own is kept here."""
    bench = await Bench().attach()
    loop = asyncio.create_task(bench.desk.run())
    await bench.take(bench.posting())
    await bench.runtime.sleep(200)
    assert len(bench.line.of(frames.Anchor)) == 1

    await bench.shown(1, "a1")
    await bench.desk.handle(frames.Anchor(seal("anchor", b"{}", RELAY)), bench.line)
    await bench.desk.handle(frames.Anchor(b"forged"), bench.line)
    await bench.settle()
    assert bench.parts.trail.kinds.count("relay.anchor") == 1
    loop.cancel()


@virtual
async def test_what_the_relay_shows_is_remembered() -> None:
    """A session may last for weeks: what the welcome said is not how far the relay had come at its end."""
    bench = await Bench().attach()

    await bench.shown(4, "a4", records=40)
    await bench.shown(3, "late", records=30)
    assert bench.parts.book.witness == Witness("incarnation-1", 40, 4, "a4")

    bench.line = bench.a_line(high_water=39)
    await bench.attach()
    await bench.take(bench.posting())
    assert [one.rule for one in bench.line.receipts()] == ["relay_regression"]

    bench.line = bench.a_line(incarnation="incarnation-2", high_water=5)
    await bench.attach()
    assert bench.parts.book.witness == Witness("incarnation-2", 5), "a recovery begins anew"


@virtual
async def test_a_relay_that_goes_another_way_gets_no_posting_done() -> None:
    """Its database failed over to a copy that lacked the last commits, while the session lives on."""
    bench = await Bench().attach()
    await bench.shown(4, "a4", records=40)

    await bench.shown(4, "b4", records=41)
    await bench.shown(5, "b5", records=50)
    await bench.take(bench.posting())
    assert [one.rule for one in bench.line.receipts()] == ["relay_regression"]
    assert bench.parts.book.witness == Witness("incarnation-1", 40, 4, "a4"), "what was remembered stays"


@virtual
async def test_rfc_steps_reach_the_audit_without_personal_data() -> None:
    """Function, time and message numbers of each call are on record; texts stay in the encrypted journal."""
    bench = await Bench().attach()
    step = RfcStep("BAPI_ACC_DOCUMENT_POST", bench.runtime.now(), 12.3, "ok", "", (Message("S", "RW", "605", "Erika"),))
    result = result_of(bench.posting(), "posted", bench.runtime, steps=(step,))

    await bench.desk.report(result)

    facts = next(facts for kind, _, facts in bench.parts.trail.records if kind == "rfc.step")
    assert facts["messages"] == ["S RW 605"]
    assert "Erika" not in str(bench.parts.trail.records)


@virtual
async def test_news_that_need_nothing_are_taken() -> None:
    """The relay's drain and problems are logged; the session goes on."""
    bench = await Bench().attach()

    for message in (frames.Drain("update"), frames.Problem("anchor", "no room"), frames.Renewed("")):
        await bench.desk.handle(message, bench.line)

    assert [type(message).__name__ for message in bench.line.sent] == ["GrantWrites"]


@virtual
async def test_closing_ends_what_is_under_way() -> None:
    """What a posting leaves open is settled after the next start, from the journal."""
    bench = await Bench().attach()
    bench.parts.executor.seconds = 100
    await bench.take(bench.posting())

    await bench.desk.close()

    assert bench.parts.book.results == {}
