"""Cost elements and CO objects."""

from typing import Any

import pytest

from tests.support.ecc import a_document, codes
from tests.support.rfc_wire import WireClient


def messages(client: WireClient, **fields: str) -> list[str]:
    """Check a document with such a G/L line, and give its messages behind RW 609."""
    line: dict[str, Any] = {"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000800000", "TAX_CODE": "A1", **fields}
    return codes(client.call("BAPI_ACC_DOCUMENT_CHECK", **a_document(ACCOUNTGL=[line])))[1:]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"COSTCENTER": "0000004100"}, []),
        ({}, ["KI 235"]),
        ({"ORDERID": "000000500001"}, []),
        ({"COSTCENTER": "4100"}, ["KI 265"]),
        ({"COSTCENTER": "0000009999"}, ["KI 265"]),
        ({"COSTCENTER": "0000004800"}, ["KI 265"]),  # expired
        ({"COSTCENTER": "0000005100"}, ["KI 100"]),  # company code 2000
        ({"COSTCENTER": "0000004820"}, ["KI 261"]),  # locked for revenues
        ({"COSTCENTER": "0000004810"}, []),  # locked for costs, but this is revenue
        ({"COSTCENTER": "0000004810", "GL_ACCOUNT": "0000889000"}, ["KI 260"]),
        ({"COSTCENTER": "0000004820", "GL_ACCOUNT": "0000889000"}, []),
        ({"ORDERID": "000000500009"}, ["KI 180"]),
        ({"ORDERID": "000000500002"}, ["KI 181"]),  # flagged for deletion
        ({"ORDERID": "000000500003"}, ["KI 100"]),
        ({"WBS_ELEMENT": "W-1000.1"}, []),
        ({"WBS_ELEMENT": "W-1000.2"}, ["CJ 022"]),  # for planning only
        ({"WBS_ELEMENT": "W-9999"}, ["CJ 021"]),
        ({"COSTCENTER": "0000004100", "PROFIT_CTR": "0000001000"}, []),
        ({"COSTCENTER": "0000004100", "PROFIT_CTR": "0000009000"}, ["KM 026"]),
        ({"COSTCENTER": "0000004100", "PROFIT_CTR": "0000001910"}, ["KM 026"]),  # expired
        ({"COSTCENTER": "0000004100", "PROFIT_CTR": "0000001900"}, ["KM 027"]),
    ],
)
def test_cost_elements_need_an_open_co_object(client: WireClient, fields: dict[str, str], expected: list[str]) -> None:
    """The cost center exists on the date, belongs to the company code and is not locked for such postings."""
    assert messages(client, **fields) == expected


def test_ki_100_names_both_company_codes(client: WireClient) -> None:
    """Its third variable is the one the object belongs to."""
    line = {"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000800000", "TAX_CODE": "A1", "COSTCENTER": "0000005100"}
    rows = client.call("BAPI_ACC_DOCUMENT_CHECK", **a_document(ACCOUNTGL=[line]))["RETURN"]

    assert rows[1]["MESSAGE"] == "The CO account assignment object belongs to company code 2000, not 1000"
    assert (rows[1]["MESSAGE_V3"], rows[1]["MESSAGE_V4"]) == ("2000", "1000")
