"""Documents of the store are read whatever their shape; their digest covers what is posted and nothing personal."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlconnector_relay.bigcommerce.models import Category, Fee, Order, OrderSnapshot, Store
from pydantic import ValidationError

from tests.support.orders import Charge, Line, an_order, documents, revised


def test_an_order_needs_an_id_and_its_dates() -> None:
    """Without them nothing can be derived or compared."""
    with pytest.raises(ValidationError) as caught:
        Order.model_validate({"id": 0, "status_id": 11, "date_created": ""})
    assert {error["loc"][0] for error in caught.value.errors()} == {"id", "date_created", "date_modified"}


def test_unexpanded_parts_of_an_order_are_empty() -> None:
    """Links where fees and consignments could stand mean that they were not asked for."""
    link = {"url": "https://example.org", "resource": "/orders/1/fees"}
    order = Order.model_validate(documents(Line("1"))["order"] | {"fees": link, "consignments": [link]})
    assert (order.fees, order.consignments.shipping) == ((), ())


def test_included_parts_of_an_order_are_read() -> None:
    """One request brings fees and consignments with numbers instead of strings."""
    place = {"id": 99, "country_iso2": "US", "cost_inc_tax": 6}
    consignments = {"pickups": [{"id": 7, "location": {"country_alpha2": "AT"}}], "shipping": [place], "downloads": []}
    order = Order.model_validate(
        documents(Line("1"))["order"] | {"fees": [{"id": 1, "cost_exc_tax": "12.30"}], "consignments": consignments}
    )
    snapshot = an_order().model_copy(update={"order": order, "shipping_addresses": ()})
    assert str(order.fees[0].cost_ex_tax) == "12.30"
    assert order.consignments.pickups[0].location.country_alpha2 == "AT"
    assert [destination.id for destination in snapshot.destinations] == [99]


def test_misspelled_and_renamed_fields_are_read() -> None:
    """One documented answer misspells a fee's net amount; categories have two names for their id."""
    assert Fee.model_validate({"cost_exc_tax": "4"}).cost_ex_tax == 4
    assert Category.model_validate({"category_id": 12}).id == Category.model_validate({"id": 12}).id == 12


def test_a_store_tells_its_time_zone() -> None:
    """The zone stands in an object of its own."""
    store = Store.model_validate({"id": "abc123", "timezone": {"name": "America/Chicago"}})
    assert store.timezone.name == "America/Chicago"


def test_a_stored_snapshot_reads_back_the_same() -> None:
    """Snapshots are kept as JSON; nothing may change on the way."""
    snapshot = an_order(Line("119.00", discount="19.00"), shipping=Charge("5.90"), fees=(Charge("2.00"),))
    again = OrderSnapshot.model_validate(json.loads(snapshot.model_dump_json()))
    assert again == snapshot
    assert again.digest() == snapshot.digest()


@settings(deadline=None)
@given(st.text(max_size=40))
def test_a_digest_depends_on_nothing_personal(text: str) -> None:
    """Erasing or correcting a person's data never looks like a changed order."""
    snapshot = an_order(shipping=Charge("5.90"))
    personal = dict.fromkeys(("first_name", "last_name", "company", "street_1", "city", "zip", "email", "phone"), text)
    other = revised(snapshot, billing_address=snapshot.order.billing_address.model_dump() | personal)
    places = tuple(place.model_copy(update=personal) for place in snapshot.shipping_addresses)
    assert other.model_copy(update={"shipping_addresses": places}).digest() == snapshot.digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"status_id": 2, "status": "Shipped", "items_shipped": 1},
        {"payment_status": "paid"},
        {"is_deleted": True},
    ],
)
def test_progress_of_an_order_leaves_its_digest(changes: dict[str, Any]) -> None:
    """Shipping, paying and archiving change nothing that was posted."""
    assert revised(an_order(), **changes).digest() == an_order().digest()


def test_spelling_and_order_of_rows_leave_the_digest() -> None:
    """`8`, `8.0000` and rows in another order are the same content."""
    lines = (Line("8"), Line("9.50", product_id=112))
    snapshot = an_order(*lines)
    turned = snapshot.model_copy(
        update={"products": tuple(reversed(snapshot.products)), "taxes": tuple(reversed(snapshot.taxes))}
    )
    assert turned.digest() == snapshot.digest() == an_order(Line("8.0000"), lines[1]).digest()


@pytest.mark.parametrize(
    "other",
    [
        an_order(Line("119.01")),
        an_order(Line("119.00", quantity=2)),
        an_order(Line("119.00", product_id=112)),
        an_order(Line("119.00", rate="7")),
        an_order(Line("119.00", discount="1.00")),
        an_order(shipping=Charge("1.00")),
        an_order(fees=(Charge("1.00"),)),
        an_order(currency="USD"),
        revised(an_order(), store_credit_amount=5),
    ],
)
def test_what_is_posted_makes_the_digest(other: OrderSnapshot) -> None:
    """A changed line, price, charge or currency is another content."""
    assert other.digest() != an_order().digest()
