"""Any order document is kept as it stands."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_sandbox.store.record import PARTS, DocumentError, OrderRecord

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.text(max_size=8).filter(lambda key: key not in {*PARTS, "id", "consignments"}), json_values))
def test_whatever_is_put_in_comes_out(fields: dict[str, Any]) -> None:
    """Unknown fields and odd values too, and nothing about them breaks the lists."""
    document = {"id": 7, **fields, "products": [{"id": 1}]}
    record = OrderRecord.from_document(document)

    assert record.to_document() == document
    assert record.facts().id == 7


def test_links_are_not_taken_for_content() -> None:
    """An order copied from the API has links where its lines would be."""
    record = OrderRecord.from_document({"id": 7, "products": {"url": "u", "resource": "r"}, "fees": [{"id": 1}]})

    assert record.parts["products"] == []
    assert record.parts["fees"] == [{"id": 1}]


@pytest.mark.parametrize("document", [{}, {"id": "7"}, {"id": True}, {"id": 0}, {"id": 7, "taxes": ["a"]}])
def test_what_cannot_be_an_order_is_refused(document: dict[str, Any]) -> None:
    """A number is needed, and lists hold objects."""
    with pytest.raises(DocumentError):
        OrderRecord.from_document(document)


def test_facts_are_read_liberally() -> None:
    """Numbers may be text, dates of either form, and what is missing is empty."""
    facts = OrderRecord.from_document(
        {
            "id": 7,
            "status_id": "11",
            "total_inc_tax": 12.5,
            "date_created": "Tue, 05 Mar 2019 21:40:11 +0000",
            "date_modified": "not a date",
            "billing_address": {"email": "a@example.org"},
        }
    ).facts()

    assert (facts.status_id, facts.total, facts.created, facts.modified) == (11, Decimal("12.5"), 1551822011, 0)
    assert facts.email == "a@example.org"


def test_edit_replaces_fields_and_whole_lists() -> None:
    """The version before is not touched."""
    before = OrderRecord.from_document({"id": 7, "staff_notes": "", "products": [{"id": 1}], "fees": [{"id": 2}]})
    after = before.edited({"staff_notes": "x", "products": []})

    assert (after.order["staff_notes"], after.parts["products"], after.parts["fees"]) == ("x", [], [{"id": 2}])
    assert before.parts["products"] == [{"id": 1}]
