"""A posting's identity: derived from the order, never drawn, and its REF_DOC_NO in SAP, scheme 1.

Grammar and reasons: docs/decisions/0001-step-grammar-and-reference-encoding.md. References already in SAP were made
by this code: a change of any form needs a new scheme version beside it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mlconnector_shared.errors import ConnectorError

__all__ = [
    "MAX_ORDER",
    "SCHEME_VERSION",
    "Kind",
    "ReferenceTooLong",
    "StepId",
    "StepInvalid",
    "allocation",
    "document_of",
    "is_payment",
    "reference",
]

SCHEME_VERSION: Final = 1
MAX_ORDER: Final = 2**53
"""Order ids are JSON numbers: beyond this they are no longer exact."""

LENGTH: Final = 16
ALLOCATION_LENGTH: Final = 18
STORE_CODE: Final = re.compile(r"[A-Z0-9]{1,2}")
TENANT: Final = re.compile(r"[a-z0-9-]{1,32}")
STORE_HASH: Final = re.compile(r"[A-Za-z0-9]{1,64}")
COUNT: Final = re.compile(r"[1-9][0-9]{0,18}")
SEPARATORS: Final = 2
"""Hyphens of a decimal reference, at least."""

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Kind(StrEnum):
    """What a posting is to its order."""

    INVOICE = "invoice"
    REFUND = "refund"
    SUPPLEMENT = "supplement"
    REVERSAL = "reversal"
    REPOST = "repost"
    PAYMENT = "payment"
    SHIPMENT = "shipment"
    COMPLETION = "completion"


LETTERS: Final[dict[Kind, tuple[str, str]]] = {
    Kind.INVOICE: ("I", "J"),
    Kind.REFUND: ("R", "Q"),
    Kind.SUPPLEMENT: ("S", "T"),
    Kind.REVERSAL: ("V", "W"),
    Kind.REPOST: ("N", "M"),
    Kind.PAYMENT: ("P", "K"),
    Kind.SHIPMENT: ("D", "E"),
    Kind.COMPLETION: ("F", "G"),
}
"""Per kind: the letter of the decimal form and of the long-order form, and the letter of the long-ordinal form."""


class StepInvalid(ConnectorError):
    """A posting's identity does not fit the step grammar."""


class ReferenceTooLong(ConnectorError):
    """No form of the reference holds this step in the 16 characters SAP gives it."""


@dataclass(frozen=True, slots=True)
class StepId:
    """The identity of one posting.

    Attributes:
        order: the store's order id.
        ordinal: counts within order and kind; for refunds, payments and shipments the store's own id of it.
        part: counts documents of one step, where its lines, its means of payment or what it changes need more than one.
    """

    tenant: str
    store_hash: str
    order: int
    kind: Kind
    ordinal: int = 1
    part: int = 1

    def __post_init__(self) -> None:
        if not TENANT.fullmatch(self.tenant) or not STORE_HASH.fullmatch(self.store_hash):
            raise StepInvalid(f"{self.tenant}/{self.store_hash} is no tenant and store hash")
        if not 1 <= self.order <= MAX_ORDER:
            raise StepInvalid(f"order {self.order} is no id from 1 to 2**53")
        if self.ordinal < 1 or self.part < 1:
            raise StepInvalid(f"ordinal {self.ordinal} and part {self.part} count from 1")

    @property
    def posting_id(self) -> str:
        """Return the identity as text: `tenant/store_hash/order/kind/ordinal/part`."""
        return f"{self.tenant}/{self.store_hash}/{self.order}/{self.kind}/{self.ordinal}/{self.part}"

    @classmethod
    def parse(cls, posting_id: str) -> "StepId":
        """Read a posting id back.

        Raises:
            StepInvalid: the text is no posting id in its one canonical spelling.
        """
        fields = posting_id.split("/")
        if len(fields) != 6 or not all(COUNT.fullmatch(fields[index]) for index in (2, 4, 5)):  # noqa: PLR2004
            raise StepInvalid(f"{posting_id!r:.120} is not tenant/store_hash/order/kind/ordinal/part")
        tenant, store_hash, order, kind, ordinal, part = fields
        if kind not in LETTERS:
            raise StepInvalid(f"{posting_id!r:.120}: the kind is none of {', '.join(Kind)}")
        return cls(tenant, store_hash, int(order), Kind(kind), int(ordinal), int(part))


def reference(store_code: str, step: StepId) -> str:
    """Return the REF_DOC_NO of a step: at most 16 of `A-Z 0-9 -`, different for every step of an SAP client.

    Args:
        store_code: the store's code, 1 or 2 of `A-Z 0-9`, unique in the SAP client for ever.
        step: the posting.

    Raises:
        ReferenceTooLong: no form holds it; the order needs a person.
        StepInvalid: the store code is none.
    """
    if not STORE_CODE.fullmatch(store_code):
        raise StepInvalid(f"store code {store_code!r:.20} is not 1 or 2 of A-Z and 0-9")
    plain, long_ordinal = LETTERS[step.kind]
    count = "" if (step.ordinal, step.part) == (1, 1) else str(step.ordinal)
    part = "" if step.part == 1 else f"-{step.part}"
    decimal = f"{store_code}-{step.order}-{count}{part}{plain}"
    if len(decimal) <= LENGTH:
        return decimal
    for letter, order_width, ordinal_width in ((plain, 11, 1), (long_ordinal, 6, 6)):
        fields = (_base36(step.order, order_width), _base36(step.ordinal, ordinal_width), _base36(step.part, 1))
        if all(fields):
            return store_code.ljust(2, "-") + letter + "".join(fields)
    raise ReferenceTooLong(f"{step.posting_id} fits no form of the {LENGTH} characters of REF_DOC_NO")


def is_payment(text: str) -> bool:
    """Tell whether a reference of ours is a payment's; what it says of others' means nothing."""
    plain, long_ordinal = LETTERS[Kind.PAYMENT]
    # In the decimal form a hyphen or a digit stands there.
    packed = len(text) == LENGTH and text[2] in {plain, long_ordinal}
    return packed or (text.endswith(plain) and text.count("-") >= SEPARATORS)


def allocation(store_code: str, order: int) -> str:
    """Return the order's ALLOC_NMBR, the same for all its documents: the order number as people read it."""
    readable = f"{store_code}-{order}"
    return readable if len(readable) <= ALLOCATION_LENGTH else str(order)


def _base36(number: int, width: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits.rjust(width, "0") if len(digits) <= width else ""


def document_of(object_key: str) -> str:
    """Write the key of an accounting document as people look for it in SAP: number, company code, fiscal year."""
    number, company_code, year = object_key[:10].lstrip("0"), object_key[10:14], object_key[14:18]
    return f"document {number} of company code {company_code}, fiscal year {year}"
