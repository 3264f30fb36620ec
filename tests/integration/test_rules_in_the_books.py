"""What rules for documents say, in the books of a simulated ECC: debtor, terms, blocks, dunning area, texts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import OrderSnapshot

from tests.support.building import built
from tests.support.ecc import Ecc, an_ecc, codes
from tests.support.mappings import a_mapping
from tests.support.orders import Line, an_order, revised

RULES = """
[[documents]]
order_sources = ["amazon"]
customer = "4711"
payment_terms = "ZB30"
payment_block = "A"
dunning_block = "R"
dunning_area = "02"
document_types = { invoice = "DR" }
header_text = "Amazon {external_order}"
customer_text = "{external_order} of {store}"
item_text = "{sku} {name}"
[[documents]]
countries = ["DE"]
payment_block = ""
"""
UNPAID = {"payment_status": "", "status_id": 11}


@pytest.fixture
def ecc(tmp_path: Path) -> Iterator[Ecc]:
    """A system with the simulator's own customizing."""
    with an_ecc(tmp_path) as made:
        yield made


def posted(ecc: Ecc, order: OrderSnapshot) -> tuple[dict[str, Any], list[dict[str, Any]], list[Any]]:
    """Post an order by the rules; return header, lines and one-time addresses of its document."""
    call = built(order, a_mapping(more=RULES)).call
    sap = ecc.connect()
    header = {**call.parameters["DOCUMENTHEADER"], "USERNAME": "MLC_RFC"}
    answer = sap.call(call.function, **{**call.parameters, "DOCUMENTHEADER": header})
    assert codes(answer) == ["RW 605"], answer["RETURN"]
    sap.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    key = answer["OBJ_KEY"]
    document = ("100", key[10:14], key[:10], key[14:18])
    (head,) = ecc.system.database.rows("SELECT * FROM BKPF WHERE BUKRS = ? AND BELNR = ?", (document[1], document[2]))
    return head, ecc.system.books.lines("BSEG", document), ecc.system.books.lines("BSEC", document)


def test_an_order_of_a_marketplace_stands_with_its_debtor(ecc: Ecc) -> None:
    """Without an address; with its terms, blocks, dunning area and texts."""
    order = revised(an_order(Line("119.00", sku="L-1")), order_source="amazon", external_order_id="305-9", **UNPAID)
    head, (owed, sold, *_), addresses = posted(ecc, order)
    assert {name: owed[name] for name in ("KUNNR", "ZTERM", "ZLSPR", "MANSP", "MABER", "SGTXT")} == {
        "KUNNR": "0000004711",
        "ZTERM": "ZB30",
        "ZLSPR": "A",
        "MANSP": "R",
        "MABER": "02",
        "SGTXT": "305-9 of B1",
    }
    assert (head["BLART"], head["BKTXT"], sold["SGTXT"]) == ("DR", "Amazon 305-9", "1x L-1 Lamp")
    assert addresses == []


def test_any_other_order_stands_with_the_one_time_customer(ecc: Ecc) -> None:
    """With its address, and with nothing that the first rule says."""
    _, (owed, *_), addresses = posted(ecc, revised(an_order(), **UNPAID))
    assert [owed[name] for name in ("KUNNR", "ZTERM", "ZLSPR", "MANSP", "MABER")] == ["0000099000", "", "", "", ""]
    assert len(addresses) == 1
