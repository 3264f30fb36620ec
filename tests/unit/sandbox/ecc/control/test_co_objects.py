"""CO objects under control."""

from typing import Any

from tests.support.ecc import Ecc, a_document, codes


def check(ecc: Ecc, **fields: str) -> list[str]:
    """Check a document with such a revenue line, and give its messages behind RW 609."""
    line = {"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000800000", "TAX_CODE": "A1", **fields}
    return codes(ecc.connect().call("BAPI_ACC_DOCUMENT_CHECK", **a_document(ACCOUNTGL=[line])))[1:]


async def test_cost_centers_are_added(ecc: Ecc, control: Any) -> None:
    """With their company code and locks."""
    await control("POST", "/cost-centers", {"number": "4500", "company_code": "1000"}, status=201)
    assert check(ecc, COSTCENTER="0000004500") == []
    locked = {"number": "4500", "company_code": "1000", "locked_for_revenues": True}
    await control("POST", "/cost-centers", locked, status=201)
    assert check(ecc, COSTCENTER="0000004500") == ["KI 261"]
    shown = {c["number"]: c for c in (await control("GET", "/cost-centers"))["cost_centers"]}
    assert shown["0000004500"]["locked_for_revenues"]


async def test_a_cost_center_changes(ecc: Ecc, control: Any) -> None:
    """Locks, validity, company code; then it is gone."""
    wanted = {"COSTCENTER": "0000004100"}
    await control("PATCH", "/cost-centers/4100", {"locked_for_revenues": True})
    assert check(ecc, **wanted) == ["KI 261"]
    await control("PATCH", "/cost-centers/4100", {"locked_for_revenues": False, "valid_to": "20151231"})
    assert check(ecc, **wanted) == ["KI 265"]
    await control("PATCH", "/cost-centers/4100", {"valid_to": "99991231", "company_code": "2000"})
    assert check(ecc, **wanted) == ["KI 100"]
    await control("PATCH", "/cost-centers/4100", {"company_code": "1000", "locked_for_costs": True})
    assert check(ecc, **wanted) == []
    await control("DELETE", "/cost-centers/4100")
    assert check(ecc, **wanted) == ["KI 265"]
    await control("DELETE", "/cost-centers/4100", status=404)
    await control("PATCH", "/cost-centers/4100", {"valid_to": "99991231"}, status=404)


async def test_other_objects_are_added_and_replaced(ecc: Ecc, control: Any) -> None:
    """Numbers are padded as a screen does, names of WBS elements are not."""
    order = {"number": "700001", "company_code": "1000"}
    element = {"number": "W-7", "company_code": "1000"}
    await control("POST", "/orders", order, status=201)
    await control("POST", "/wbs-elements", element, status=201)
    await control("POST", "/profit-centers", {"number": "7000"}, status=201)
    assert check(ecc, ORDERID="000000700001", PROFIT_CTR="0000007000") == []
    assert check(ecc, WBS_ELEMENT="W-7") == []
    await control("POST", "/orders", {**order, "completed": True}, status=201)
    await control("POST", "/wbs-elements", {**element, "deleted": True}, status=201)
    await control("POST", "/profit-centers", {"number": "7000", "locked": True}, status=201)

    assert check(ecc, ORDERID="000000700001", PROFIT_CTR="0000007000") == ["KM 027", "KI 181"]
    assert check(ecc, WBS_ELEMENT="W-7") == ["CJ 022"]
