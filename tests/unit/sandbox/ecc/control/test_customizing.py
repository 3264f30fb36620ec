"""Customizing under control."""

from typing import Any

from tests.support.ecc import DATE, Ecc, a_document, amounts, codes


def check(ecc: Ecc, **changes: Any) -> list[str]:
    """Check a document, and give its messages behind RW 609."""
    return codes(ecc.connect().call("BAPI_ACC_DOCUMENT_CHECK", **a_document(**changes)))[1:]


def taxed(code: str) -> dict[str, Any]:
    """Give lines with a tax code."""
    revenue = {"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000800000", "TAX_CODE": code, "COSTCENTER": "0000004100"}
    return {
        "ACCOUNTGL": [revenue],
        "ACCOUNTTAX": [{"ITEMNO_ACC": "0000000003", "TAX_CODE": code, "COND_KEY": "MWAS", "ACCT_KEY": "MWS"}],
    }


async def test_tax_codes_come_and_go(ecc: Ecc, control: Any) -> None:
    """A new one posts at once, an inactive one is refused, a deleted one is unknown."""
    entry = {"country": "DE", "code": "B3", "rate": "5.5"}
    assert check(ecc, **taxed("B3"))[0] == "FF 713"
    await control("POST", "/tax-codes", entry, status=201)
    assert check(ecc, **taxed("B3")) == []
    shown = (await control("GET", "/tax-codes"))["tax_codes"]
    assert {"country": "DE", "code": "B3", "rate": "5.5", "inactive": False} in shown
    await control("POST", "/tax-codes", {**entry, "inactive": True}, status=201)
    assert check(ecc, **taxed("B3")) == ["FF 740"]
    await control("DELETE", "/tax-codes/DE/B3")
    assert check(ecc, **taxed("B3"))[0] == "FF 713"
    await control("DELETE", "/tax-codes/DE/B3", status=404)
    await control("POST", "/tax-codes", {**entry, "country": "XX"}, status=404)
    await control("POST", "/tax-codes", {**entry, "rate": "much"}, status=400)


async def test_a_tax_code_can_have_a_condition_of_its_own(ecc: Ecc, control: Any) -> None:
    """The procedure gets another step."""
    await control("POST", "/tax-codes", {"country": "DE", "code": "B4", "rate": "1", "condition": "ZMWS"}, status=201)
    lines = taxed("B4")
    lines["ACCOUNTTAX"][0]["COND_KEY"] = "ZMWS"

    assert check(ecc, **lines) == []
    assert len({row["STUNR"] for row in ecc.system.master.select("T683S", "100", "A", "TX", "TAXD")}) == 3


async def test_a_document_type_loses_its_account_types(ecc: Ecc, control: Any) -> None:
    """F5 241, until it has them again."""
    await control("PATCH", "/document-types/DR", {"account_types": "S"})
    assert check(ecc) == ["F5 241"]
    await control("PATCH", "/document-types/DR", {"account_types": "DS", "reversal": "AB"})
    assert check(ecc) == []
    shown = {t["type"]: t for t in (await control("GET", "/document-types"))["document_types"]}
    assert shown["DR"] == {"type": "DR", "account_types": "DS", "number_range": "18", "reversal": "AB"}
    await control("PATCH", "/document-types/ZZ", {"account_types": "S"}, status=404)


async def test_the_latest_rate_holds(ecc: Ecc, control: Any) -> None:
    """Up to the translation date, which may differ from the posting date."""
    year = DATE[:4]
    for rate, day in (("0.80", f"{year}-02-01"), ("0.50", f"{year}-03-01"), ("0.0063", f"{year}-03-02")):
        entry = {"currency": "USD", "local_currency": "EUR", "rate": rate, "valid_from": day}
        await control("POST", "/exchange-rates", entry, status=201)
    await control("POST", "/exchange-rates", {**entry, "valid_from": "soon"}, status=400)
    client = ecc.connect()
    dollars = amounts("119.00", "-100.00", "-19.00", currency="USD", base="-100.00")
    for day in (f"{year}0228", DATE, f"{year}0302"):
        client.call("BAPI_ACC_DOCUMENT_POST", **a_document("RATE", CURRENCYAMOUNT=dollars, TRANS_DATE=day))
        client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    documents = (await control("GET", "/documents?reference=RATE"))["documents"]

    assert [[line["local_amount"] for line in d["lines"]] for d in documents] == [
        ["95.20", "-80.00", "-15.20"],
        ["59.50", "-50.00", "-9.50"],
        ["0.75", "-0.63", "-0.12"],
    ]
    assert {line["amount"] for d in documents for line in d["lines"]} == {"119.00", "-100.00", "-19.00"}
    assert [d["translation_date"] for d in documents] == [f"{year}-02-28", f"{year}-03-01", f"{year}-03-02"]


async def test_a_country_goes_over_to_jurisdictions(ecc: Ecc, control: Any) -> None:
    """Its codes are those of the new procedure."""
    await control("PUT", "/tax-procedures/US", {"procedure": "TAXUSJ"})
    await control("PUT", "/tax-procedures/US", {"procedure": "NONE"}, status=404)
    await control("PUT", "/tax-procedures/XX", {"procedure": "TAXUSJ"}, status=404)
    row = ecc.system.master.find("T005", "100", "US")
    shown = [t["code"] for t in (await control("GET", "/tax-codes"))["tax_codes"] if t["country"] == "US"]

    assert row is not None
    assert row["KALSM"] == "TAXUSJ"
    assert shown == ["O0", "O1"]
