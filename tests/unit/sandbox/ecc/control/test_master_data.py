"""Master data under control."""

from typing import Any

from tests.support.ecc import Ecc, a_document, codes


def check(ecc: Ecc, **changes: Any) -> list[str]:
    """Check a document, and give its messages behind RW 609."""
    return codes(ecc.connect().call("BAPI_ACC_DOCUMENT_CHECK", **a_document(**changes)))[1:]


def customer(number: str) -> dict[str, Any]:
    """Give a customer line."""
    return {"ACCOUNTRECEIVABLE": [{"ITEMNO_ACC": "0000000001", "CUSTOMER": number}]}


def revenue(account: str, cost_center: str) -> dict[str, Any]:
    """Give a revenue line."""
    line = {"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": account, "TAX_CODE": "A1", "COSTCENTER": cost_center}
    return {"ACCOUNTGL": [line]}


async def test_customers_are_added_and_blocked(ecc: Ecc, control: Any) -> None:
    """A new customer can be posted to at once; a block holds everywhere or in one company code."""
    await control("POST", "/customers", {"number": "5000", "name": "New", "company_codes": ["1000"]}, status=201)
    assert check(ecc, **customer("0000005000")) == []
    await control("PATCH", "/customers/5000", {"blocked": True, "company_code": "1000"})
    assert check(ecc, **customer("0000005000")) == ["F5 351"]
    await control("PATCH", "/customers/5000", {"blocked": False, "company_code": "1000"})
    await control("PATCH", "/customers/5000", {"blocked": True})
    assert check(ecc, **customer("0000005000")) == ["F5 351"]
    await control("PATCH", "/customers/9", {"blocked": True}, status=404)
    shown = {c["number"]: c for c in (await control("GET", "/customers"))["customers"]}
    assert shown["0000005000"]["blocked"]
    assert shown["0000004801"]["blocked_in"] == ["1000"]


async def test_accounts_are_added_and_blocked(ecc: Ecc, control: Any) -> None:
    """A new revenue account needs tax category and cost element."""
    entry = {"number": "801000", "text": "Toys", "tax": "+", "cost_element": 11}
    assert check(ecc, **revenue("0000801000", "0000004100")) == ["F5 506"]
    await control("POST", "/accounts", entry, status=201)
    assert check(ecc, **revenue("0000801000", "0000004100")) == []
    await control("PATCH", "/accounts/801000", {"blocked": True})
    assert check(ecc, **revenue("0000801000", "0000004100")) == ["F5 155"]
    await control("PATCH", "/accounts/801000", {"blocked": True, "company_code": "9999"}, status=404)
    accounts = (await control("GET", "/accounts?company_code=2000"))["accounts"]
    assert next(a for a in accounts if a["number"] == "0000801000")["text"] == "Toys"


async def test_flags_for_deletion_can_be_read_and_stop_nothing(ecc: Ecc, control: Any) -> None:
    """As in SAP: the mapping check sees them, a posting does not."""
    await control("PATCH", "/customers/4711", {"deleted": True})
    await control("PATCH", "/accounts/800000", {"deleted": True, "company_code": "1000"})
    assert check(ecc) == []

    customers = {c["number"]: c for c in (await control("GET", "/customers"))["customers"]}
    accounts = {a["number"]: a for a in (await control("GET", "/accounts"))["accounts"]}
    assert customers["0000004711"]["deleted"]
    assert accounts["0000800000"]["deleted"]
    fields, options = [{"FIELDNAME": "XLOEB"}], [{"TEXT": "BUKRS = '1000' AND SAKNR = '0000800000'"}]
    answer = ecc.connect().call("RFC_READ_TABLE", QUERY_TABLE="SKB1", FIELDS=fields, OPTIONS=options)
    assert answer["DATA"][0]["WA"] == "X"


async def test_an_account_is_blocked_in_the_chart(ecc: Ecc, control: Any) -> None:
    """Then it is in every company code."""
    await control("PATCH", "/accounts/800000", {"blocked": True, "company_code": "*"})
    assert check(ecc) == ["F5 155"]
    await control("PATCH", "/accounts/800000", {"blocked": False, "company_code": "*"})
    assert check(ecc) == []


async def test_customers_and_accounts_are_deleted(ecc: Ecc, control: Any) -> None:
    """From one company code, or as a whole."""
    await control("DELETE", "/customers/4711?company_code=1000")
    assert check(ecc) == ["F5 102"]
    assert ecc.system.master.find("KNB1", "100", "0000004711", "2000") is not None
    await control("DELETE", "/customers/4711")
    assert ecc.system.master.find("KNA1", "100", "0000004711") is None
    await control("DELETE", "/customers/4711", status=404)
    await control("DELETE", "/accounts/800000")
    assert check(ecc) == ["F5 102", "F5 506"]
    await control("DELETE", "/accounts/800000", status=404)
