"""What of its shipments a posted invoice shows: blocks released, fields of its customer item, a text. Pure.

A change says how the item is to be, so that the same change again changes nothing. Blocks and the assignment can be
changed until the item is cleared, the others later, too; what is refused together is therefore not asked for together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mlconnector_shared.bapi import BapiCall

from ..bigcommerce.models import OrderSnapshot, Shipment
from .currency import from_minor
from .facts import StoreFacts
from .frozen import NO_BLOCKS, Frozen
from .mapping_file import FIELD_LENGTHS, ChangedField, Shipments
from .reference import ReferenceTooLong, StepId, reference
from .shipping import is_released
from .text import clean, wrap
from .values import Built, Refusal

__all__ = ["CHANGE", "CHANGE_FUNCTION", "TEXT_FUNCTION", "Change", "built_change", "changes_of", "document_of"]

CHANGE: Final = "change"
"""Stands where a posting has its document type."""

CHANGE_FUNCTION: Final = "Z_MLC_DOCUMENT_CHANGE"
TEXT_FUNCTION: Final = "RFC_SAVE_TEXT"

CUSTOMER_ITEM: Final = "001"
"""The customer's line comes first in each of our documents, and SAP numbers items in the order they are sent."""

UNTIL_CLEARED: Final = frozenset({"ZUONR"})
TEXT_WIDTH: Final = 132
MOST_LINES: Final = 100


@dataclass(frozen=True, slots=True)
class Change:
    """How one thing of a posted document is to be.

    Attributes:
        about: what is changed of which document; of several changes about the same the latest counts.
        sentence: what it changes, without the values: they lead to a person.
    """

    about: str
    call: BapiCall
    sentence: str


def changes_of(
    snapshot: OrderSnapshot, invoice: Frozen, object_key: str, shipments: Shipments, store: StoreFacts
) -> Iterator[Change]:
    """Return how an invoice is to be by now; nothing follows from shipments that are gone.

    Args:
        snapshot: the order as it is.
        invoice: what was posted.
        object_key: its key in SAP.
        shipments: the rules in force.
        store: the order's store.
    """
    if invoice.blocks != NO_BLOCKS and is_released(snapshot, shipments):
        names = {"ZLSPR": invoice.blocks.payment, "MANSP": invoice.blocks.dunning}
        yield _item("release", object_key, {name: "" for name, block in names.items() if block})
    if not snapshot.shipments:
        return
    last = max(snapshot.shipments, key=lambda shipment: shipment.id)
    values: dict[str, str] = {
        name: _filled(name, form, snapshot, last, store) for name, form in shipments.fields.items()
    }
    for group, named in (("assignment", UNTIL_CLEARED), ("fields", values.keys() - UNTIL_CLEARED)):
        chosen = {name: value for name, value in values.items() if name in named}
        if chosen:
            yield _item(group, object_key, chosen)
    if shipments.text_id:
        yield _text(snapshot, object_key, shipments)


def built_change(
    change: Change, invoice: Frozen, mapping_version: str, store: StoreFacts, step: StepId
) -> Built | Refusal:
    """Return a change ready to be sent; its reference stands in no document and only names the step."""
    try:
        named = reference(store.store_code, step)
    except ReferenceTooLong as error:
        return Refusal("refused:reference", str(error))
    facts = replace(
        invoice,
        about=change.about,
        document_type=CHANGE,
        reading=change.sentence,
        discount=None,
        blocks=NO_BLOCKS,
        lines=(),
        following=(),
    )
    return Built(
        call=change.call,
        reference=named,
        company_code=invoice.company_code,
        document_type=CHANGE,
        currency=invoice.currency,
        gross=from_minor(0, invoice.places),
        lines=(),
        decisions=(change.sentence, f"mapping {mapping_version}"),
        reading=change.sentence,
        facts=facts,
    )


def document_of(call: BapiCall) -> str:
    """Return the key of the document that a call changes; empty for a call that changes none."""
    given: Mapping[str, Any] = call.parameters
    if call.function == CHANGE_FUNCTION:
        return f"{given['I_BELNR']}{given['I_BUKRS']}{given['I_GJAHR']}"
    if call.function == TEXT_FUNCTION:
        name = given["TEXT_LINES"][0]["TDNAME"]
        return f"{name[4:14]}{name[:4]}{name[14:]}"
    return ""


def _item(group: str, object_key: str, values: Mapping[str, str]) -> Change:
    parameters = {
        "I_BUKRS": object_key[10:14],
        "I_BELNR": object_key[:10],
        "I_GJAHR": object_key[14:],
        "I_BUZEI": CUSTOMER_ITEM,
        "T_ACCCHG": [{"FDNAME": name, "NEWVAL": value} for name, value in values.items()],
    }
    verb = "released" if group == "release" else "set"
    sentence = f"{' and '.join(values)} of document {object_key} {verb}"
    return Change(f"{group} of {object_key}", BapiCall(CHANGE_FUNCTION, parameters), sentence)


def _filled(name: ChangedField, form: str, snapshot: OrderSnapshot, shipment: Shipment, store: StoreFacts) -> str:
    text = form.format(
        tracking=shipment.tracking_number,
        carrier=shipment.carrier,
        shipment=shipment.id,
        date=_day(shipment),
        order=snapshot.order.id,
        store=store.store_code,
        count=len(snapshot.shipments),
    )
    return clean(text)[: FIELD_LENGTHS[name]].rstrip()


def _text(snapshot: OrderSnapshot, object_key: str, shipments: Shipments) -> Change:
    told = [line for shipment in snapshot.shipments for line in wrap(_told(snapshot, shipment), TEXT_WIDTH)]
    if len(told) > MOST_LINES:
        told = [*told[: MOST_LINES - 1], "There are more; they stand in the store."]
    head = {
        "TDOBJECT": "BELEG",
        "TDNAME": f"{object_key[10:14]}{object_key[:10]}{object_key[14:]}",
        "TDID": shipments.text_id,
        "TDSPRAS": shipments.text_language,
        "TDFORMAT": "*",
    }
    call = BapiCall(TEXT_FUNCTION, {"TEXT_LINES": [head | {"TDLINE": line} for line in told]})
    sentence = f"text {shipments.text_id} of document {object_key} saved"
    return Change(f"text of {object_key}", call, sentence)


def _told(snapshot: OrderSnapshot, shipment: Shipment) -> str:
    names = {line.id: line.sku or line.name for line in snapshot.products}
    items = ", ".join(
        f"{item.quantity}x {names.get(item.order_product_id, item.order_product_id)}" for item in shipment.items
    )
    said = " ".join(part for part in (_day(shipment), shipment.carrier, shipment.tracking_number) if part)
    return clean(f"Shipment {shipment.id}: {said}" + (f" ({items})" if items else ""))


def _day(shipment: Shipment) -> str:
    return f"{shipment.date_created:%Y-%m-%d}" if shipment.date_created else ""
