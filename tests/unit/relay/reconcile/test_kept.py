"""An order as the trail keeps it: what is read back is what was written. Around it: test_relay_orders_kept.py."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from mlconnector_relay.bigcommerce.client import Fetch
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.reconcile import kept
from mlconnector_relay.reconcile.snapshot import Taken
from pydantic import ValidationError

from tests.support.orders import an_order, priced_orders

ASKED = True


@settings(max_examples=60, deadline=None)
@given(priced_orders())
def test_an_order_comes_back_as_it_was(documents: dict[str, Any]) -> None:
    """To the last digit and field, with what was asked for, and the record that holds it."""
    refund = {"id": 7, "total_amount": "1.50", "items": [{"item_type": "ORDER", "adjustments": [{"amount": "-0.10"}]}]}
    moved = {"id": 1, "event": "capture", "amount": "1E+2", "date_created": "2026-03-04T12:00:00+01:00"}
    more = {"refunds": [refund], "transactions": [moved], "coupons": [{"id": 1, "discount": "0.3333"}]}
    snapshot = OrderSnapshot.model_validate(documents | more)
    content = kept.payload(Taken(snapshot, (Fetch("GET", "/v2/orders/1", 200, 1.0, b"{}"),), ASKED))
    found = kept.unpacked(content, "here")

    assert found == Taken(snapshot, (), ASKED, "here")
    assert found.snapshot.digest() == snapshot.digest()


def test_another_version_reads_the_order_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may read more of the store's answers than this one did."""
    content = kept.payload(Taken(an_order(), (), ASKED))
    monkeypatch.setattr(kept, "_PROGRAM", "0.0.1")

    assert kept.unpacked(content, "here") is None


def test_an_order_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answers are, as evidence; one that an earlier record holds stays there."""
    fetches = tuple(Fetch("GET", path, 200, 1.0, b"x" * 50) for path in ("/v2/orders/1", "/v2/orders/1/products"))
    taken = Taken(an_order(), fetches, ASKED)
    monkeypatch.setattr(kept, "MOST_BYTES", 100)
    assert (kept.holder(taken), kept.unpacked(kept.payload(taken), "here")) == (
        None,
        replace(taken, fetches=(), record="here"),
    )

    monkeypatch.setattr(kept, "MOST_BYTES", 99)
    assert (kept.holder(taken), kept.unpacked(kept.payload(taken), "here")) == ("", None)
    assert kept.payload(taken).count(b"x" * 50) == 2
    assert kept.holder(replace(taken, record="earlier")) == "earlier"


def test_what_holds_no_order_is_none() -> None:
    """A look that read nothing new keeps nothing; what is no order is an error that names none of its content."""
    assert kept.unpacked(kept.payload(Taken(an_order(), (), ASKED, "earlier")), "here") is None
    with pytest.raises(ValidationError):
        kept.unpacked(kept.payload(Taken(an_order(), (), ASKED)).replace(b'"date_created"', b'"dated"'), "here")
