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


async def test_cost_centers_are_added(ecc: Ecc, control: Any) -> None:
    """With their company code and locks."""
    await control("POST", "/cost-centers", {"number": "4500", "company_code": "1000"}, status=201)
    assert check(ecc, **revenue("0000800000", "0000004500")) == []
    locked = {"number": "4500", "company_code": "1000", "locked_for_revenues": True}
    await control("POST", "/cost-centers", locked, status=201)
    assert check(ecc, **revenue("0000800000", "0000004500")) == ["KI 261"]
    shown = {c["number"]: c for c in (await control("GET", "/cost-centers"))["cost_centers"]}
    assert shown["0000004500"]["locked_for_revenues"]
