"""What makes an invoice owed: one trigger per order, by its goods, its channel and its means of payment."""

import pytest
from mlconnector_relay.sap.mapping import MappingInvalid
from mlconnector_relay.sap.trigger import trigger_of

from tests.support.building import with_parts
from tests.support.mappings import a_mapping
from tests.support.orders import Line, an_order, revised

RULES = """
[[triggers]]
product_types = ["physical"]
invoice_on = "shipped"

[[triggers]]
product_types = ["physical"]
channels = [7]
invoice_on = "captured"

[[triggers]]
payment_methods = ["Purchase Order"]
invoice_on = "ordered"

[[triggers]]
product_types = ["custom"]
payment_methods = ["purchase order"]
invoice_on = "captured"
"""


@pytest.mark.parametrize(
    ("types", "order", "trigger"),
    [
        (["digital"], {}, "paid"),
        (["physical"], {}, "shipped"),
        (["digital", "physical"], {}, "shipped"),
        (["physical"], {"channel_id": 7}, "captured"),
        (["digital"], {"payment_method": "purchase order"}, "ordered"),
        (["physical"], {"payment_method": "purchase order"}, "shipped"),
        (["custom", "digital"], {"payment_method": "purchase order"}, "captured"),
        (["giftcertificate"], {}, "paid"),
        ([], {"payment_method": "purchase order"}, "ordered"),
    ],
)
def test_the_weightiest_rule_decides_and_of_a_mixed_order_the_latest(
    types: list[str], order: dict[str, object], trigger: str
) -> None:
    """Goods weigh more than channels, channels more than payment methods; without a rule it is paid."""
    rows = [
        {
            "id": place,
            "type": "physical" if kind == "custom" else kind,
            "product_id": 0 if kind in {"custom", "giftcertificate"} else 77,
        }
        | ({"gift_certificate_id": 5} if kind == "giftcertificate" else {})
        for place, kind in enumerate(types, 1)
    ]
    snapshot = with_parts(revised(an_order(Line("5.00")), **order), products=rows)
    assert trigger_of(snapshot, a_mapping(more=RULES).file.triggers) == trigger


def test_the_higher_priority_wins_and_a_tie_is_refused() -> None:
    """The tie names both rules."""
    both = '[[triggers]]\nchannels = [1, 2]\ninvoice_on = "shipped"\n[[triggers]]\nchannels = [2]\n'
    mapping = a_mapping(more=both + 'priority = 1\ninvoice_on = "captured"\n')
    order = revised(an_order(), channel_id=2)
    assert trigger_of(order, mapping.file.triggers) == "captured"
    with pytest.raises(MappingInvalid, match=r"triggers\[1\]: ties with triggers\[0\]"):
        a_mapping(more=both + 'invoice_on = "captured"\n')
