"""What a posted invoice shows of its shipments: which calls, of which fields, with which values."""

from datetime import UTC, datetime
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.db import ledger_views
from mlconnector_relay.sap.change import CHANGE, Change, built_change, changes_of, document_of
from mlconnector_relay.sap.frozen import NO_BLOCKS, Frozen
from mlconnector_relay.sap.mapping import MappingInvalid
from mlconnector_relay.sap.mapping_file import Shipments
from mlconnector_relay.sap.reference import MAX_ORDER, Kind, StepId
from mlconnector_relay.sap.values import Built, Refusal
from mlconnector_shared.bapi import BapiCall

from tests.support.building import built, with_parts
from tests.support.mappings import STORE, a_mapping
from tests.support.orders import an_order, revised

KEY = "180000000110002026"
BLOCKED = '[shipments]\npayment_block = "B"\ndunning_block = "R"\n'


def a_shipment(number: int = 77, tracking: str = "JJD0003", **more: Any) -> dict[str, Any]:
    """A shipment as V2 shows it."""
    return {
        "id": number,
        "date_created": datetime(2026, 3, 5, tzinfo=UTC),
        "tracking_number": tracking,
        "tracking_carrier": "dhl",
        "shipping_method": "Parcel",
        "items": [{"order_product_id": 61, "quantity": 1}],
    } | more


def an_invoice(blocks: str = "") -> Frozen:
    """What the unpaid order was posted as."""
    return built(revised(an_order(), payment_status=""), a_mapping(more=blocks)).facts


def shipped(*shipments: dict[str, Any], **order: Any) -> OrderSnapshot:
    """The order with shipments."""
    return with_parts(revised(an_order(), **order), shipments=list(shipments))


def changes(snapshot: OrderSnapshot, invoice: Frozen | None = None, **rules: Any) -> list[Change]:
    return list(changes_of(snapshot, invoice or an_invoice(), KEY, Shipments(**rules), STORE))


def test_nothing_is_changed_unless_the_mapping_says_so() -> None:
    """By default the audit trail alone has the shipments."""
    assert changes(shipped(a_shipment(), status_id=2)) == []


def test_a_block_is_released_once_everything_is_shipped() -> None:
    """By the field's name of the item; only those that were set."""
    [release] = changes(shipped(status_id=2), an_invoice(BLOCKED))
    assert release.about == f"release of {KEY}"
    assert release.call == BapiCall(
        "Z_MLC_DOCUMENT_CHANGE",
        {
            "I_BUKRS": "1000",
            "I_BELNR": "1800000001",
            "I_GJAHR": "2026",
            "I_BUZEI": "001",
            "T_ACCCHG": [{"FDNAME": "ZLSPR", "NEWVAL": ""}, {"FDNAME": "MANSP", "NEWVAL": ""}],
        },
    )
    [dunning] = changes(shipped(status_id=2), an_invoice('[shipments]\ndunning_block = "R"\n'))
    assert [row["FDNAME"] for row in dunning.call.parameters["T_ACCCHG"]] == ["MANSP"]
    assert changes(shipped(status_id=11), an_invoice(BLOCKED)) == []


def test_fields_tell_of_the_newest_shipment() -> None:
    """In SAP's lengths; the assignment apart, since a cleared item still takes the others."""
    fields = {
        "XREF3": "{tracking}",
        "SGTXT": "{carrier} {tracking}, {count} of {store}-{order}",
        "ZUONR": "{date} {shipment}",
    }
    newest = a_shipment(78, "JJD00034043456780001234", tracking_carrier="", shipping_provider="ups")
    assignment, rest = changes(shipped(newest, a_shipment()), fields=fields)
    assert assignment.call.parameters["T_ACCCHG"] == [{"FDNAME": "ZUONR", "NEWVAL": "2026-03-05 78"}]
    assert {row["FDNAME"]: row["NEWVAL"] for row in rest.call.parameters["T_ACCCHG"]} == {
        "XREF3": "JJD00034043456780001",
        "SGTXT": "ups JJD00034043456780001234, 2 of B1-1000123",
    }
    assert changes(shipped(), fields=fields) == []
    [only] = changes(shipped(a_shipment()), fields={"ZUONR": "{tracking}"})
    assert only.about == f"assignment of {KEY}"


def test_a_text_lists_every_shipment() -> None:
    """A text is saved as a whole; a shipment may say little about itself."""
    bare = {"id": 78, "shipping_method": "", "items": [{"order_product_id": 99, "quantity": 2}]}
    nothing = {"id": 79}
    [text] = changes(shipped(a_shipment(), bare, nothing), text_id="0002", text_language="D")
    head = {"TDOBJECT": "BELEG", "TDNAME": "100018000000012026", "TDID": "0002", "TDSPRAS": "D", "TDFORMAT": "*"}
    assert text.call == BapiCall(
        "RFC_SAVE_TEXT",
        {
            "TEXT_LINES": [
                head | {"TDLINE": "Shipment 77: 2026-03-05 dhl JJD0003 (1x SKU-1)"},
                head | {"TDLINE": "Shipment 78: (2x 99)"},
                head | {"TDLINE": "Shipment 79:"},
            ]
        },
    )


def test_a_text_has_an_end() -> None:
    """The agent takes a hundred lines; the last says that there are more."""
    many = [a_shipment(number) for number in range(1, 121)]
    [text] = changes(shipped(*many), text_id="0001")
    lines = text.call.parameters["TEXT_LINES"]
    assert (len(lines), lines[-1]["TDLINE"]) == (100, "There are more; they stand in the store.")


def test_a_change_is_written_down_like_a_posting() -> None:
    """With what it is about, without amounts, and without what leads to a person."""
    [text] = changes(shipped(a_shipment()), text_id="0001")
    step = StepId("acme", "abc123", 1000123, Kind.SHIPMENT, 77, 2)
    document = built_change(text, an_invoice(BLOCKED), "shop@1", STORE, step)
    assert isinstance(document, Built)
    assert (document.reference, document.document_type, document.gross, document.currency) == (
        "B1-1000123-77-2D",
        CHANGE,
        0,
        "EUR",
    )
    assert (document.facts.about, document.facts.lines, document.facts.blocks) == (f"text of {KEY}", (), NO_BLOCKS)
    assert "JJD0003" not in str((document.facts, document.decisions))
    assert document.reading == f"text 0001 of document {KEY} saved"


def test_what_fits_no_reference_is_refused() -> None:
    """The ledger names every step by one."""
    [text] = changes(shipped(a_shipment()), text_id="0001")
    step = StepId("acme", "abc123", MAX_ORDER, Kind.SHIPMENT, 77)
    refusal = built_change(text, an_invoice(), "shop@1", STORE, step)
    assert isinstance(refusal, Refusal)
    assert refusal.rule == "refused:reference"


def test_a_call_names_the_document_it_changes() -> None:
    """Whichever of the means; a posting changes none."""
    found = changes(shipped(a_shipment()), fields={"XREF3": "{tracking}"}, text_id="0001")
    assert [document_of(change.call) for change in found] == [KEY, KEY]
    assert document_of(built(an_order()).call) == ""


def test_both_sides_name_a_change_alike() -> None:
    """The ledger's queries know it by the word that stands where a posting has its document type."""
    assert ledger_views.CHANGE == CHANGE


@pytest.mark.parametrize(
    "form", ["{tracking", "{parcel}", "always the same", "{0}", "{tracking.x}", "{}", "{date:>9999999999}", "{order!r}"]
)
def test_forms_of_fields_are_checked(form: str) -> None:
    """Before they are used: only known places, and at least one."""
    with pytest.raises(MappingInvalid, match="expected"):
        a_mapping(more=f'[shipments]\nfields = {{ XREF3 = "{form}" }}\n')
