"""US sales tax by jurisdiction: SAP's own checks take invoice and refunds, and each authority's account ends even."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.sap.values import Built

from tests.support.ecc import Ecc, an_ecc, codes
from tests.support.lives import Life, a_refund, an_item
from tests.support.mappings import a_mapping
from tests.support.orders import Line, an_order

SHOP = (
    ('company_code = "1000"', 'company_code = "2000"'),
    ('one_time_customer = "99000"', 'one_time_customer = "99001"'),
    ('rate = 19\ntax_code = "A1"', 'rate = 8.25\ntax_code = "O1"\njurisdiction = "TX45301000"'),
    ('cost_center = "4200"', 'cost_center = "5100"'),
)
DALLAS = """
[tax_codes.O1]
condition_key = "JR1"
account_key = "MWS"

[jurisdictions.TX45301000]
levels = [
    { jurisdiction = "TX00000000", rate = 6.25 },
    { jurisdiction = "TX45300000", rate = 0.5 },
    { jurisdiction = "TX45301000", rate = 1.5 },
]
"""


@pytest.fixture
def ecc(tmp_path: Path) -> Iterator[Ecc]:
    """A system whose American company code taxes by jurisdiction."""
    with an_ecc(tmp_path) as made:
        made.system.master.change("T005", ("100", "US"), {"KALSM": "TAXUSJ"})
        yield made


def post(ecc: Ecc, built: Built) -> list[tuple[str, str, int, int]]:
    """Have SAP check and post it; return condition, jurisdiction, tax and base of its tax items, debits positive."""
    sap, call = ecc.connect(), built.call
    header = {**call.parameters["DOCUMENTHEADER"], "USERNAME": "MLC_RFC"}
    answer: Any = sap.call(call.function, **{**call.parameters, "DOCUMENTHEADER": header})
    assert codes(answer) == ["RW 605"], answer["RETURN"]
    sap.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    key = answer["OBJ_KEY"]
    rows = ecc.system.books.lines("BSET", ("100", key[10:14], key[:10], key[14:]))
    signs = [-1 if row["SHKZG"] == "H" else 1 for row in rows]
    return [
        (row["KSCHL"], row["TXJCD"], sign * row["FWSTE"], sign * row["FWBAS"])
        for row, sign in zip(rows, signs, strict=True)
    ]


def test_invoice_and_refunds_end_even_for_every_authority(ecc: Ecc) -> None:
    """129.85 with 9.90 of tax: 7.50, 0.60 and 1.80; what is given back is shared out the same way."""
    order = an_order(Line("129.85", rate="8.25"), currency="USD")
    life = Life(order, a_mapping(*SHOP, more=DALLAS))
    invoice = post(ecc, life.post())
    assert invoice == [
        ("JR1", "TX00000000", -750, -11995),
        ("JR2", "TX45300000", -60, -11995),
        ("JR3", "TX45301000", -180, -11995),
    ]
    life.parts(refunds=[a_refund(7, "129.85", "9.90", an_item("PRODUCT", 61, "129.85", 1))])
    balance: Counter[tuple[str, str]] = Counter()
    for condition, place, tax, base in (*invoice, *post(ecc, life.post())):
        balance[condition, place] += tax
        balance["base", place] += base
    assert set(balance.values()) == {0}
