"""What a document was made of adds up to it, holds nothing personal, and stays readable for ever."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.sap.currency import from_minor
from mlconnector_relay.sap.frozen import Frozen, FrozenInvalid, frozen_text, read_frozen, read_head
from mlconnector_relay.sap.reference import Kind, StepId
from mlconnector_relay.sap.values import Built

from tests.support.building import built
from tests.support.mappings import a_mapping
from tests.support.orders import Charge, Line, an_order, priced_orders, revised

GOLDEN = Path(__file__).parent / "golden" / "frozen-v1.json"
OWN = ('language = "DE"', 'language = "DE"\ndiscounts = "own_account"\ntenders = "own_document"')


def a_rich_order() -> OrderSnapshot:
    """Every role there is, with discounts and several rates."""
    snapshot = an_order(
        Line("119.00", 2, discount="23.80", wrapping="2.38"),
        Line("53.50", rate="7", product_id=112, categories=(22,), sku="SKU-2"),
        Line("50.00", rate="0", type="giftcertificate", product_id=0, sku="", name="For Ida"),
        shipping=Charge("5.95"),
        handling=Charge("1.19"),
        fees=(Charge("11.90"),),
    )
    order = snapshot.order
    return revised(
        snapshot,
        gift_certificate_amount="10",
        store_credit_amount="1",
        total_inc_tax=order.total_inc_tax + order.total_inc_tax.__class__("0.02"),
        total_ex_tax=order.total_ex_tax + order.total_ex_tax.__class__("0.02"),
    )


def assert_adds_up(document: Built) -> None:
    """The lines' nets and taxes are the document's, per account and per code."""
    frozen, places = document.facts, document.facts.places
    owed = sum(line.amount for line in document.lines if line.role == "customer")
    assert from_minor(sum(line.gross for line in frozen.lines), places) == owed
    taxes: Counter[str] = Counter()
    bases: Counter[str] = Counter()
    for line in frozen.lines:
        if line.code:
            taxes[line.code.code] += line.tax
            bases[line.code.code] += line.net
        else:
            assert line.tax == 0
    for line in document.lines:
        if line.role == "tax" and line.base is not None:
            assert from_minor(taxes[line.tax_code], places) == -line.amount
            assert from_minor(bases[line.tax_code], places) == -line.base


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(priced_orders())
def test_frozen_lines_add_up_to_their_document(documents: dict[str, Any]) -> None:
    """Whatever is ordered: net per line, tax per line, both per code."""
    snapshot = OrderSnapshot.model_validate(documents)
    if snapshot.order.total_inc_tax >= 1:
        document = built(snapshot)
        assert_adds_up(document)
        assert read_frozen(frozen_text(document.facts)) == document.facts


def test_every_role_is_frozen_with_its_source() -> None:
    """The order product of a line and its wrapping, the address of shipping, the fee."""
    frozen = built(a_rich_order()).facts
    assert [(line.role, line.source, line.quantity, line.net, line.tax) for line in frozen.lines] == [
        ("product", 61, 2, 18000, 3420),
        ("product", 62, 1, 5000, 350),
        ("gift_certificate", 63, 1, 5000, 0),
        ("freight", 51, 0, 500, 95),
        ("handling", 51, 0, 100, 19),
        ("wrapping", 61, 0, 200, 38),
        ("fee", 1, 0, 1000, 190),
        ("rounding", 0, 0, 2, 0),
        ("gift_certificate_used", 0, 0, -1000, 0),
        ("store_credit_used", 0, 0, -100, 0),
    ]
    assert [line.full for line in frozen.lines[:2]] == [20000, 5000]


def test_nothing_personal_is_kept() -> None:
    """Not the name a gift certificate is for, not the address."""
    text = frozen_text(built(a_rich_order()).facts)
    for personal in ("Ida", "Sommer", "Elbgasse", "Hamburg", "20457", "example.org"):
        assert personal not in text


def test_tax_of_a_line_without_rate_is_shared_by_net() -> None:
    """A cent of tax on goods of 0 % must stand somewhere."""
    snapshot = an_order(Line("10", rate="0"), Line("1", rate="0", product_id=112))
    row = {"id": 1, "order_address_id": 51, "rate": "0", "line_amount": "0.01", "name": "VAT", "class": "Zero"}
    rows = [row | {"line_item_type": "item", "order_product_id": "61"}]
    charged = revised(snapshot, total_tax="0.01", total_ex_tax="10.99", subtotal_tax="0.01")
    zero = OrderSnapshot.model_validate(charged.model_dump() | {"taxes": rows})
    assert [line.tax for line in built(zero).facts.lines] == [1, 0]


# --- the text ---


def golden() -> dict[str, Frozen]:
    """What the golden file holds."""
    step = StepId("acme", "abc123", 1000123, Kind.INVOICE)
    return {
        "netted": built(a_rich_order(), step=step).facts,
        "own accounts": built(a_rich_order(), a_mapping(OWN), step).facts,
        "sales tax": built(
            an_order(), a_mapping(('tax_code = "A1"', 'tax_code = "A0"\nliability_account = "176000"')), step
        ).facts,
    }


def test_released_texts_stay_readable() -> None:
    """The file is of version 1 and is never rewritten; what it says is what is read."""
    kept = json.loads(GOLDEN.read_text("utf-8"))
    assert {name: frozen_text(frozen) for name, frozen in golden().items()} == kept
    assert {name: read_frozen(text) for name, text in kept.items()} == golden()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"v":1}', '{"v":"1"}'])
def test_what_is_no_text_is_refused(text: str) -> None:
    """With a sentence."""
    with pytest.raises(FrozenInvalid, match="cannot be read"):
        read_frozen(text)


def test_a_later_version_is_refused() -> None:
    """An older program does not guess."""
    text = frozen_text(built(an_order()).facts)
    with pytest.raises(FrozenInvalid, match=r"version 2 .* knows 1"):
        read_frozen(text.replace('"v":1', '"v":2', 1))


def test_the_head_alone_is_read_like_the_whole() -> None:
    """The same document, without its lines; what is none, or of a later version, is refused as well."""
    frozen = built(an_order()).facts
    text = frozen_text(frozen)
    head = read_head(text)

    assert (head.day, head.customer) == (frozen.day, frozen.customer)
    with pytest.raises(FrozenInvalid, match="cannot be read"):
        read_head("{}")
    with pytest.raises(FrozenInvalid, match=r"version 2 .* knows 1"):
        read_head(text.replace('"v":1', '"v":2', 1))


def test_a_line_that_points_nowhere_is_refused() -> None:
    """Accounts and codes stand in tables of their own."""
    text = frozen_text(built(an_order()).facts)
    assert ',"19.0000",0,0]' in text
    with pytest.raises(FrozenInvalid, match="cannot be read"):
        read_frozen(text.replace(',"19.0000",0,0]', ',"19.0000",7,0]'))
