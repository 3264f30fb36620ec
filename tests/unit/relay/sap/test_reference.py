"""REF_DOC_NO is derived, fits SAP's field, and no two postings of an SAP client can ever share it."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mlconnector_relay.sap.reference import (
    MAX_ORDER,
    SCHEME_VERSION,
    Kind,
    ReferenceTooLong,
    StepId,
    StepInvalid,
    allocation,
    document_of,
    is_payment,
    reference,
)

VECTORS = json.loads((Path(__file__).parent / "golden" / "reference-v1.json").read_text(encoding="utf-8"))

KIND_OF = {
    "I": "invoice",
    "R": "refund",
    "S": "supplement",
    "V": "reversal",
    "N": "repost",
    "P": "payment",
    "D": "shipment",
    "F": "completion",
}
LONG_ORDINAL = {"J": "I", "Q": "R", "T": "S", "W": "V", "M": "N", "K": "P", "E": "D", "G": "F"}

codes = st.from_regex(r"[A-Z0-9]{1,2}", fullmatch=True)
orders = st.integers(1, MAX_ORDER) | st.integers(1, 10**7) | st.sampled_from([1, 35, 36, 120932352, 36**6, 10**11])
counts = st.integers(1, 40) | st.integers(1, 36**6) | st.just(1)
parts = st.just(1) | st.integers(1, 40)
steps = st.builds(StepId, st.just("acme"), st.just("abc123"), orders, st.sampled_from(Kind), counts, parts)


def decode(text: str) -> tuple[str, int, str, int, int]:
    """Read a reference back by the published grammar, not by the product's code."""
    decimal = re.fullmatch(r"([A-Z0-9]{1,2})-(\d+)-(?:(\d+)(?:-(\d+))?)?([IRSVNPDF])", text)
    if decimal:
        code, order, ordinal, part, letter = decimal.groups()
        return code, int(order), KIND_OF[letter], int(ordinal or 1), int(part or 1)
    long = re.fullmatch(r"([A-Z0-9][A-Z0-9-])([A-Z])([0-9A-Z]{13})", text)
    assert long, text
    code, letter, digits = long.groups()
    width = 6 if letter in LONG_ORDINAL else 11
    kind = KIND_OF[LONG_ORDINAL.get(letter, letter)]
    return code.rstrip("-"), int(digits[:width], 36), kind, int(digits[width:12], 36), int(digits[12], 36)


@settings(deadline=None)
@given(code=codes, step=steps)
@example(code="B1", step=StepId("acme", "abc123", MAX_ORDER, Kind.INVOICE, 35, 35))
@example(code="A", step=StepId("acme", "abc123", 120932352, Kind.REFUND))
def test_a_reference_can_be_read_back(code: str, step: StepId) -> None:
    """Decoding gives the posting again, so two postings never share a reference."""
    try:
        text = reference(code, step)
    except ReferenceTooLong:
        assert step.part > 35 or step.ordinal > 35
        return
    assert re.fullmatch(r"[A-Z0-9-]{1,16}", text)
    assert decode(text) == (code, step.order, step.kind.value, step.ordinal, step.part)


@settings(deadline=None)
@given(first=st.tuples(codes, steps), second=st.tuples(codes, steps))
@example(
    first=("B1", StepId("acme", "abc123", 1, Kind.INVOICE)), second=("B1", StepId("acme", "abc123", 1, Kind.INVOICE, 2))
)
def test_no_reference_begins_another(first: tuple[str, StepId], second: tuple[str, StepId]) -> None:
    """A search for one reference with anything behind it finds only that one."""
    try:
        one, other = reference(*first), reference(*second)
    except ReferenceTooLong:
        return
    assert first == second or not other.startswith(one)


@settings(deadline=None)
@given(code=codes, order=st.integers(1, MAX_ORDER))
def test_every_order_has_an_invoice_reference(code: str, order: int) -> None:
    """Whatever the order's number; in decimal up to eleven digits."""
    text = reference(code, StepId("acme", "abc123", order, Kind.INVOICE))
    assert (str(order) in text) or order >= 10**11
    assert len(text) <= 16


@settings(deadline=None)
@given(code=codes, order=st.integers(1, MAX_ORDER), other=st.integers(1, MAX_ORDER))
def test_the_allocation_names_the_order(code: str, order: int, other: int) -> None:
    """ALLOC_NMBR carries the number people read, in 18 characters, and tells orders apart."""
    text = allocation(code, order)
    assert text.endswith(str(order))
    assert len(text) <= 18
    assert (text == allocation(code, other)) == (order == other)


def test_an_order_number_too_long_for_the_allocation_stands_without_the_store() -> None:
    """Fifteen digits beside a code of two are the 18 characters that SAP gives it."""
    assert allocation("B1", 10**14) == "B1-100000000000000"
    assert allocation("B1", 10**15) == "1000000000000000"


@pytest.mark.parametrize("row", VECTORS["vectors"], ids=lambda row: row["reference"])
def test_released_references_are_derived_the_same_for_ever(row: dict[str, str]) -> None:
    """They stand in SAP's books: an order keeps the scheme of its first entry, and payments are told by it."""
    assert VECTORS["scheme_version"] == SCHEME_VERSION
    assert reference(row["store_code"], StepId.parse(row["posting_id"])) == row["reference"]
    assert is_payment(row["reference"]) == ("/payment/" in row["posting_id"])


@settings(deadline=None)
@given(steps)
def test_a_posting_id_reads_back(step: StepId) -> None:
    """The text form is the identity."""
    assert StepId.parse(step.posting_id) == step


GRAMMAR = "' is not tenant/store_hash/order/kind/ordinal/part"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", GRAMMAR),
        ("acme/abc123/1/invoice/1", GRAMMAR),
        ("acme/abc123/1/invoice/1/1/1", GRAMMAR),
        ("acme/abc123/01/invoice/1/1", GRAMMAR),
        ("acme/abc123/1/invoice/+1/1", GRAMMAR),
        ("acme/abc123/0/invoice/1/1", GRAMMAR),
        ("acme/abc123/1/bill/1/1", "bill/1/1': the kind is none of invoice, refund, "),
        ("ACME/abc123/1/invoice/1/1", "ACME/abc123 is no tenant and store hash"),
        ("acme/abc-123/1/invoice/1/1", "acme/abc-123 is no tenant and store hash"),
        (f"acme/abc123/{MAX_ORDER + 1}/invoice/1/1", "order 9007199254740993 is no id from 1 to 2**53"),
    ],
)
def test_only_the_canonical_spelling_is_a_posting_id(text: str, said: str) -> None:
    """One posting has one text; any other is refused with what is wrong with it."""
    with pytest.raises(StepInvalid, match=re.escape(said)):
        StepId.parse(text)


@pytest.mark.parametrize(("ordinal", "part"), [(0, 1), (1, 0)])
def test_counts_begin_at_one(ordinal: int, part: int) -> None:
    """There is no zeroth posting."""
    with pytest.raises(StepInvalid, match="count from 1"):
        StepId("acme", "abc123", 1, Kind.INVOICE, ordinal, part)


@pytest.mark.parametrize("code", ["", "B12", "b1", "-1", "Ä"])
def test_a_store_code_is_one_or_two_capitals_or_digits(code: str) -> None:
    """Anything else could be mistaken for another part of a reference."""
    with pytest.raises(StepInvalid, match="store code"):
        reference(code, StepId("acme", "abc123", 1, Kind.INVOICE))


def test_what_fits_no_form_is_refused() -> None:
    """A person decides; nothing is cut."""
    with pytest.raises(ReferenceTooLong, match="acme/abc123/9007199254740992/refund/36/1"):
        reference("B1", StepId("acme", "abc123", MAX_ORDER, Kind.REFUND, 36))


@given(
    st.sampled_from(Kind),
    st.integers(1, MAX_ORDER),
    st.integers(1, 36**6 - 1),
    st.integers(1, 35),
    st.sampled_from(["B", "B1", "P", "PK"]),
)
def test_a_payment_is_told_by_its_reference(kind: Kind, order: int, ordinal: int, part: int, code: str) -> None:
    """In every form, and nothing else of ours is taken for one."""
    try:
        made = reference(code, StepId("acme", "abc123", order, kind, ordinal, part))
    except ReferenceTooLong:
        return
    assert is_payment(made) == (kind is Kind.PAYMENT)


def test_a_document_is_named_as_people_look_for_it() -> None:
    """Without the zeros that SAP does not show."""
    assert document_of("018000000110002026") == "document 180000001 of company code 1000, fiscal year 2026"
