"""Payments through the relay's insides: a real store's transactions, real databases, an agent double."""

from decimal import Decimal
from pathlib import Path

from mlconnector_relay.db.engine import Database
from mlconnector_relay.sap.frozen import read_frozen
from mlconnector_shared.envelope import Post

from tests.support.mappings import MAPPING
from tests.support.relay_parts import some_parts

PAYING = MAPPING + '\n[payments]\npost = true\n\n[[clearing]]\ngl_account = "113100"\n'
LAMP = {"price": "119.00", "rates": [{"percent": "19", "name": "VAT"}], "name": "Lamp", "sku": "LAMP"}


async def test_a_payment_follows_its_invoice_and_what_was_paid_back_its_refund(
    database: Database, tmp_path: Path
) -> None:
    """Each transaction once, whatever callbacks repeat; the customer owes nothing at the end."""
    async with some_parts(database, tmp_path, mapping=PAYING) as parts:
        agent = await parts.connect()
        order = await parts.store.describe(lines=[LAMP | {"quantity": 2}])
        await parts.work()
        await parts.look(order)
        number = 1800000000

        async def post_everything() -> None:
            nonlocal number
            while await parts.state(order) == "posting":
                envelope = await agent.hear_call(parts.landing.trust)
                assert isinstance(envelope.work, Post)
                number += 1
                await parts.answer(envelope, object_key=f"{number:010}10002026")
                await parts.work()

        await post_everything()
        invoice, payment = await parts.postings(order)
        assert (invoice.kind, payment.kind, payment.document_type) == ("invoice", "payment", "DZ")
        assert invoice.gross + payment.gross == 0
        assert payment.reference == f"A1-{order}-{payment.ordinal}P"

        shown = await parts.store.control(f"/orders/{order}")
        piece = {"item_type": "PRODUCT", "item_id": shown.body["products"][0]["id"], "quantity": 1}
        wish = {"items": [piece], "provider_id": "stripe"}
        answer = await parts.store.control(f"/orders/{order}/refunds", "POST", wish)
        assert answer.status == 201, answer.raw
        settled = await parts.store.control(f"/orders/{order}/refunds/{answer.body['id']}/settle", "POST")
        assert settled.status < 300, settled.raw
        for _ in range(3):
            await parts.look(order)
            await post_everything()
        entries = await parts.postings(order)
        assert sorted(one.kind for one in entries) == ["invoice", "payment", "payment", "refund"]
        assert sum(one.gross for one in entries) == 0
        back = max((one for one in entries if one.kind == "payment"), key=lambda one: one.ordinal)
        assert back.gross == Decimal("119.00")
        assert read_frozen(back.facts).about == f"payment {back.ordinal}"
        assert await parts.state(order) == "posted"
