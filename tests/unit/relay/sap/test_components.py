"""An order falls into its lines and charges, each taxed where the law says: ship-to, pickup location, or billing."""

from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.sap.components import Component, components_of
from mlconnector_relay.sap.values import Refusal

from tests.support.building import built, posted, refused, with_parts
from tests.support.orders import Charge, Line, an_order, revised

ALPS = {"country_iso2": "at", "state": "Tirol", "shipping_method": "Cart"}


def components(snapshot: OrderSnapshot) -> tuple[Component, ...]:
    """Take an order apart."""
    found = components_of(snapshot, "{sku}")
    assert not isinstance(found, Refusal), found
    return found


def places(snapshot: OrderSnapshot) -> list[str]:
    """Return role and country of every part."""
    return [f"{part.role} {part.place.country}" for part in components(snapshot)]


def going_to(snapshot: OrderSnapshot, *destinations: dict[str, Any]) -> OrderSnapshot:
    """Send an order elsewhere."""
    home = snapshot.shipping_addresses[0].model_dump()
    return with_parts(snapshot, shipping_addresses=[home | destination for destination in destinations])


def test_parts_come_in_the_order_of_the_document() -> None:
    """Lines, shipping, handling, wrapping, fees; what costs nothing is no part."""
    snapshot = an_order(
        Line("119.00", wrapping="2.38"),
        Line("0", product_id=112),
        shipping=Charge("5.95"),
        handling=Charge("1.19"),
        fees=(Charge("11.90"), Charge("0")),
    )
    assert [part.text for part in components(snapshot)] == [
        "1x SKU-1",
        "Shipping Parcel",
        "Handling Parcel",
        "Wrapping of SKU-1",
        "Fee",
    ]


def test_goods_are_taxed_where_they_go() -> None:
    """The destination decides for lines, charges and fees."""
    snapshot = an_order(Line("10", wrapping="1"), shipping=Charge("5"), fees=(Charge("2"),))
    assert places(going_to(snapshot, ALPS)) == ["product AT", "freight AT", "wrapping AT", "fee AT"]
    line = snapshot.products[0].model_dump() | {"order_address_id": 0}
    assert places(with_parts(going_to(snapshot, ALPS), products=[line]))[0] == "product AT"


def test_digital_goods_are_taxed_where_the_bill_goes() -> None:
    """They are sent nowhere."""
    assert places(an_order(Line("10", type="digital"), fees=(Charge("1"),))) == ["product DE", "fee DE"]
    mixed = going_to(an_order(Line("10"), Line("10", type="digital", product_id=112)), ALPS)
    assert places(mixed) == ["product AT", "product DE"]


def test_fetched_goods_are_taxed_where_they_are_handed_over() -> None:
    """The pickup location's country and state."""
    pickup = {"id": 99, "location": {"country_alpha2": "fr", "state": "Grand Est"}}
    snapshot = an_order(Line("10"))
    line = {**snapshot.products[0].model_dump(), "order_pickup_method_id": 99, "order_address_id": 0}
    fetched = with_parts(revised(snapshot, consignments={"pickups": [{"id": 98}, pickup]}), products=[line])
    (part,) = components(fetched)
    assert (part.place.country, part.place.region) == ("FR", "Grand Est")


def test_several_destinations_have_their_own_shipping() -> None:
    """Where their costs add up to the order's."""
    snapshot = an_order(Line("10", address=51), Line("20", address=52, product_id=112), shipping=Charge("11.90"))
    half = {"cost_ex_tax": "5.00", "cost_inc_tax": "5.95", "cost_tax": "0.95"}
    two = going_to(snapshot, {**half, "id": 51}, {**half, **ALPS, "id": 52})
    assert places(two) == ["product DE", "product AT", "freight DE", "freight AT"]
    assert [part.address_id for part in components(two)] == [51, 52, 51, 52]


def test_shipping_that_cannot_be_split_is_refused_where_it_matters() -> None:
    """Destinations in one place share a lump sum; in two places nobody knows whose it is."""
    snapshot = an_order(Line("10", address=51), Line("20", address=52, product_id=112), shipping=Charge("11.90"))
    together = going_to(snapshot, {"id": 51}, {"id": 52})
    (freight,) = [part for part in components(together) if part.role == "freight"]
    assert (freight.address_id, str(freight.inc), freight.text) == (None, "11.9000", "Shipping")
    apart = going_to(snapshot, {"id": 51}, {"id": 52, **ALPS})
    found = refused(apart)
    assert found.rule == "refused:destinations"
    assert found.sentence.startswith("shipping of 11.9000 is not what its 2 destinations add up to (23.8000)")


def test_handling_that_cannot_be_split_is_refused_too() -> None:
    """The same rule."""
    snapshot = an_order(Line("10", address=51), Line("20", address=52, product_id=112), handling=Charge("11.90"))
    assert refused(going_to(snapshot, {"id": 51}, {"id": 52, **ALPS})).sentence.startswith("handling of 11.9000")


def test_shipping_without_destination_is_taxed_where_the_bill_goes() -> None:
    """Some orders carry shipping without an address."""
    snapshot = with_parts(an_order(Line("10"), shipping=Charge("5.95")), shipping_addresses=[])
    assert places(snapshot) == ["product DE", "freight DE"]


def test_wrapping_that_lines_do_not_explain_is_one_part() -> None:
    """The order's own figure counts."""
    snapshot = an_order(Line("119.00"))
    order = {"wrapping_cost_ex_tax": "2", "wrapping_cost_inc_tax": "2.38", "wrapping_cost_tax": "0.38"}
    (_, wrapping) = components(revised(snapshot, **order))
    assert (wrapping.text, wrapping.product_id) == ("Wrapping", None)


@pytest.mark.parametrize("inclusive", [True, False])
def test_a_line_that_became_free_is_still_a_part(inclusive: bool) -> None:
    """Its price is there, its discount too; only nothing is charged."""
    snapshot = an_order(Line("10", discount="10"), Line("10", product_id=112), inclusive=inclusive)
    assert len(components(snapshot)) == 2
    assert len([line for line in posted(built(snapshot)) if line[0] == "product"]) == 1
