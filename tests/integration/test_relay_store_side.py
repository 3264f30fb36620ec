"""What a real store answers, against what the relay saw and posted: its REST API, real databases, an agent double."""

import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.errors import StoreUnavailable
from mlconnector_relay.db import jobs, ledger, stores
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import Done, Sight
from mlconnector_relay.tieout.asking import PAUSE_SECONDS, UNDER_WAY, AskedStore, Questions, ask_stores
from mlconnector_relay.tieout.compare import Difference
from mlconnector_relay.tieout.moved import moves_of
from mlconnector_relay.trail.audit import Record
from mlconnector_shared.envelope import Post
from sqlalchemy import text

from tests.integration.test_relay_payments import LAMP, PAYING
from tests.support.relay_parts import TENANT, Parts, some_parts
from tests.support.store import HASH

MANY = 1000


def asked_of(parts: Parts) -> AskedStore:
    return AskedStore(parts.account.store, parts.account.client, parts.directory.mapping(TENANT))


def days_of(parts: Parts) -> tuple[date, date]:
    today = parts.runtime.now().date()
    return today - timedelta(days=3), today + timedelta(days=1)


async def swept(parts: Parts) -> None:
    await parts.database.write(lambda tx: stores.swept(tx, TENANT, HASH, parts.runtime.now()))


async def ask(parts: Parts, most: int = MANY) -> tuple[list[Difference], int]:
    """Ask once everything that changed had time to come here."""
    await swept(parts)
    await parts.runtime.sleep(UNDER_WAY.total_seconds())
    beyond, requests = await ask_stores(parts.database, parts.runtime, [asked_of(parts)], *days_of(parts), most)
    assert beyond.asked == ("store",)
    return list(beyond.found), requests


async def posted(parts: Parts, agent: Any, count: int) -> list[int]:
    """Place orders and post everything they owe."""
    orders = [await parts.store.describe(lines=[LAMP | {"quantity": 2}]) for _ in range(count)]
    for order in orders:
        await post(parts, agent, order)
    return orders


async def post(parts: Parts, agent: Any, order: int) -> None:
    for _ in range(3):
        await parts.look(order)
        while await parts.state(order) == "posting":
            envelope = await agent.hear_call(parts.landing.trust)
            assert isinstance(envelope.work, Post)
            parts.woken.append("document")
            await parts.answer(envelope, object_key=f"{1800000000 + len(parts.woken):010}10002026")
            await parts.work()
    assert await parts.state(order) == "posted"


async def refund(parts: Parts, order: int, *, settled: bool = True) -> int:
    """Give one of the lamps back."""
    shown = await parts.store.control(f"/orders/{order}")
    piece = {"item_type": "PRODUCT", "item_id": shown.body["products"][0]["id"], "quantity": 1}
    wish = {"items": [piece], "provider_id": "stripe"}
    answer = await parts.store.control(f"/orders/{order}/refunds", "POST", wish)
    assert answer.status == 201, answer.raw
    if settled:
        await parts.store.control(f"/orders/{order}/refunds/{answer.body['id']}/settle", "POST")
    return int(answer.body["id"])


async def forget(parts: Parts, order: int, kind: str) -> None:
    """Take postings out of the ledger, as only a restored backup does."""
    sql = text("DELETE FROM ledger WHERE order_id = :order_id AND kind = :kind")
    await parts.database.write(lambda tx: tx.execute(sql, {"order_id": order, "kind": kind}))


async def garble(parts: Parts, order: int, kind: str) -> None:
    """Make what postings are made of unreadable, as a relay older than their writer finds them."""
    sql = text("UPDATE ledger SET facts = :facts WHERE order_id = :order_id AND kind = :kind")
    await parts.database.write(lambda tx: tx.execute(sql, {"facts": '{"v":99}', "order_id": order, "kind": kind}))


async def set_state(parts: Parts, order: int, state: str) -> None:
    sql = text("UPDATE jobs SET state = :state, due_at = NULL WHERE order_id = :order_id")
    await parts.database.write(lambda tx: tx.execute(sql, {"order_id": order, "state": state}))


def told(found: list[Difference]) -> dict[str, tuple[str, int]]:
    return {one.cause: (one.what, one.amount) for one in found}


async def test_a_store_that_was_followed_differs_in_nothing(database: Database, tmp_path: Path) -> None:
    """Orders, refunds, payments and what was paid back: two lists, and a question for each order with a refund."""
    async with some_parts(database, tmp_path, mapping=PAYING) as parts:
        agent = await parts.connect(writes=64)
        orders = await posted(parts, agent, 3)
        await refund(parts, orders[0])
        await post(parts, agent, orders[0])
        pending = await refund(parts, orders[1], settled=False)
        await parts.store.control(f"/orders/{orders[1]}/refunds/{pending}/decline", "POST", {})
        await parts.look(orders[1])
        authorized = await parts.store.describe(lines=[LAMP], payment_status="authorized")
        await parts.look(authorized)
        await parts.store.describe(lines=[LAMP], status_id=0, payment_status="")

        slept = len(parts.runtime.slept)
        assert await ask(parts) == ([], 4)
        assert parts.runtime.slept[slept + 1 :].count(PAUSE_SECONDS) == 4


async def test_what_just_changed_is_on_its_way(database: Database, tmp_path: Path) -> None:
    """A callback or the sweep brings it within the hour."""
    async with some_parts(database, tmp_path, mapping=PAYING) as parts:
        order = await parts.store.describe(lines=[LAMP])
        await refund(parts, order)
        questions = Questions(asked_of(parts), database, parts.runtime, MANY)
        [never] = await questions.compared(*days_of(parts))
        assert (never.cause, never.what) == ("not_asked", f"all orders of {HASH}")
        await swept(parts)
        assert await questions.compared(*days_of(parts)) == []


async def test_everything_the_relay_missed_in_the_store_is_found(database: Database, tmp_path: Path) -> None:
    """Of every kind one, each with its order and its amount."""
    async with some_parts(database, tmp_path, mapping=PAYING) as parts:
        agent = await parts.connect(writes=64)
        unseen = await parts.store.describe(lines=[LAMP])
        changed, refunded, waiting, differing, unpaid, unpaid_parked, garbled = await posted(parts, agent, 7)
        await parts.edit(changed, total_inc_tax="100.00")
        first = await refund(parts, refunded)
        second = await refund(parts, waiting)
        await set_state(parts, waiting, "parked")
        third = await refund(parts, differing)
        await post(parts, agent, differing)
        shown = await parts.store.control(f"/orders/{differing}")
        [row] = shown.body["refunds"]
        fourth = await refund(parts, garbled)
        await post(parts, agent, garbled)
        await garble(parts, garbled, "refund")
        await parts.edit(differing, refunds=[row | {"total_amount": 100}])
        await forget(parts, unpaid, "payment")
        await forget(parts, unpaid_parked, "payment")
        await set_state(parts, unpaid_parked, "parked")
        gone, now = 99_999, parts.runtime.now()

        async def add_gone(tx: Any) -> None:
            await jobs.enqueue(tx, parts.key(gone), now)
            [job] = await jobs.lease(tx, "me", now, 1, 60.0)
            await jobs.settle(tx, job, Done("posted", "done"), now, Sight(now, now, Decimal("5.00"), "EUR"))

        await database.write(add_gone)

        found, _ = await ask(parts)

        # Whether a refund moves `date_modified` is nowhere documented: where it does, its order changed unseen, too.
        names = [(one.cause, one.what, one.amount) for one in found if one.cause != "seen_otherwise" or one.amount]
        assert Counter(cause for cause, _, _ in names) == Counter(
            unknown_to_relay=1,
            seen_otherwise=1,
            gone_from_store=1,
            refund_not_booked=1,
            refund_waits=1,
            refund_differs=1,
            refund_unreadable=1,
            payment_not_booked=2,  # of the order, and what was paid back of the refund that is not booked
            payment_waits=2,
        )
        assert {
            ("unknown_to_relay", f"order {unseen} of {HASH}", -11900),
            ("seen_otherwise", f"order {changed} of {HASH}", 13800),
            ("gone_from_store", f"order {gone} of {HASH}", 500),
            ("refund_not_booked", f"refund {first} of order {refunded} of {HASH}", 11900),
            ("refund_waits", f"refund {second} of order {waiting} of {HASH}", 11900),
            ("refund_differs", f"refund {third} of order {differing} of {HASH}", -1900),
            ("refund_unreadable", f"refund {fourth} of order {garbled} of {HASH}", 11900),
        } <= set(names)
        payments = {
            (cause, what.rpartition(" of order ")[2], amount) for cause, what, amount in names if "payment" in cause
        }
        assert payments == {
            ("payment_not_booked", f"{unpaid} of {HASH}", -23800),
            ("payment_not_booked", f"{refunded} of {HASH}", 11900),
            ("payment_waits", f"{waiting} of {HASH}", 11900),
            ("payment_waits", f"{unpaid_parked} of {HASH}", -23800),
        }

        found, requests = await ask(parts, most=1)
        assert ("not_asked", f"7 orders of {HASH}") in {(one.cause, one.what) for one in found}
        assert requests == 3


async def test_a_change_whose_callback_and_sweep_were_lost_is_found(database: Database, tmp_path: Path) -> None:
    """Also one that leaves the total as it was, until the relay has looked again."""
    async with some_parts(database, tmp_path) as parts:
        agent = await parts.connect(writes=64)
        [order] = await posted(parts, agent, 1)
        later = parts.runtime.now() + timedelta(minutes=5)
        await parts.edit(order, status_id=2, date_modified=f"{later:%a, %d %b %Y %H:%M:%S} +0000")
        await parts.runtime.sleep(600)

        [found] = (await ask(parts))[0]
        assert (found.cause, found.amount, found.what) == ("seen_otherwise", 0, f"order {order} of {HASH}")
        await post(parts, agent, order)
        assert (await ask(parts))[0] == []


async def test_orders_before_the_cut_over_and_without_payments_are_no_question(
    database: Database, tmp_path: Path
) -> None:
    """They are not ours, and nothing is owed for what is not posted."""
    async with some_parts(database, tmp_path) as parts:
        agent = await parts.connect(writes=64)
        await parts.store.describe(lines=[LAMP], date_created=(parts.runtime.now() - timedelta(days=2)).isoformat())
        await posted(parts, agent, 1)
        assert await ask(parts) == ([], 2)
        async with database.read() as tx:
            assert await ledger.open_(tx, TENANT) == []


async def test_a_store_that_does_not_answer_is_no_agreement(database: Database, tmp_path: Path) -> None:
    """Nor is a list that cannot be read."""
    async with some_parts(database, tmp_path) as parts:
        await parts.fault(kind="error", status=503, path="*/v3/orders/payment_actions/refunds")
        with pytest.raises(StoreUnavailable):
            await ask(parts)


async def test_what_providers_moved_is_known_from_earlier_looks(database: Database, tmp_path: Path) -> None:
    """Payments and what was paid back, each with the provider's id; who was never asked or was erased is unknown."""
    async with some_parts(database, tmp_path, mapping=PAYING) as parts:
        agent = await parts.connect(writes=64)
        order, erased = await posted(parts, agent, 2)
        await refund(parts, order)
        await post(parts, agent, order)
        sql = text("UPDATE audit_records SET payload = NULL WHERE subject = :subject")
        await database.write(lambda tx: tx.execute(sql, {"subject": f"{HASH}/{erased}"}))

        moves = await moves_of(database, parts.audit, TENANT, *days_of(parts))

        paid, back = moves.found
        assert (paid.order_id, paid.amount, paid.gateway, paid.original) == (order, 23800, "stripe", "")
        assert (back.order_id, back.amount, back.gateway, back.original) == (order, -11900, "stripe", paid.id)
        assert paid.id.startswith("sandbox-")
        assert [one.order_id for one in moves.unknown] == [erased]

        questions = Questions(asked_of(parts), database, parts.runtime, MANY)
        asked = await moves_of(
            database, parts.audit, TENANT, *days_of(parts), lambda one: questions.transactions(one.order_id)
        )
        assert ([one.order_id for one in asked.found], asked.unknown) == ([order, order, erased], [])
        assert questions.requests == 1


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_answer_of_another_shape_is_not_known(database: Database, tmp_path: Path) -> None:
    """What a store answered is kept as it came, whatever it is: a list is read, anything else is told as unknown."""
    async with some_parts(database, tmp_path, mapping=PAYING) as parts:
        orders = []
        for body in ([], {"data": None}, {"data": {"id": 1}}, {"data": ["x"]}):
            order = await parts.store.describe(lines=[LAMP])
            path = f"*/v3/orders/{order}/transactions"
            if isinstance(body, list):
                await parts.fault(kind="error", status=200, path=path, body=body, times=1)
                await parts.look(order)
            else:
                await parts.look(order)
                await shape(parts, order, body)
            orders.append(order)
        moves = await moves_of(database, parts.audit, TENANT, *days_of(parts))
        assert [one.order_id for one in moves.unknown] == orders[1:]


async def shape(parts: Parts, order: int, body: Any) -> None:
    """Have a later look at an order's transactions hold this answer."""
    answers = [[f"/v3/orders/{order}/transactions?page=1", json.dumps(body)]]
    payload = json.dumps({"answers": answers}).encode()
    record = Record(TENANT, "store.fetched", f"{HASH}/{order}", payload=payload)
    await parts.database.write(lambda tx: parts.audit.record(tx, record, parts.runtime.now()))
