"""Texts with places: some are filled in for good, others later; what stands in a value is never a place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_relay.sap.forms import ShipmentText, item_label, settled
from pydantic import TypeAdapter, ValidationError

VALUES = st.text(alphabet="a{}! :", max_size=8)


@given(VALUES, VALUES)
def test_what_is_filled_in_for_good_stays_as_it_is(literal: str, value: str) -> None:
    """Whatever braces it has, when the rest is filled in later."""
    form = literal.replace("{", "{{").replace("}", "}}") + "{external_order}/{order}"
    kept = settled(form, {"external_order": value})
    assert kept.format(order=7) == form.format(external_order=value, order=7)


def test_a_text_without_places_to_settle_stays() -> None:
    """Letter by letter, so that documents with the usual texts are kept as before."""
    assert settled("{store} order {order}", {"external_order": "x"}) == "{store} order {order}"


def test_a_product_without_sku_is_called_by_its_name() -> None:
    """Braces in names are no places."""
    assert item_label("{sku} ({order})", sku="", name="Lamp {x}", order=7) == "Lamp {x} (7)"
    assert item_label("{name}", sku="L-1", name="Lamp", order=7) == "Lamp"


def test_a_text_about_a_shipment_tells_something_of_it() -> None:
    """One that is always the same would be no news."""
    with pytest.raises(ValidationError, match=r"expected at least one place to fill in, such as \{tracking\}"):
        TypeAdapter(ShipmentText).validate_python("sent")
