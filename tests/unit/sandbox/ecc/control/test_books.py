"""Reading the books back."""

from typing import Any

from tests.support.ecc import DATE, Ecc, a_document, amounts


def post(ecc: Ecc, reference: str, **changes: Any) -> str:
    """Post and commit; give the key."""
    client = ecc.connect()
    answer = client.call("BAPI_ACC_DOCUMENT_POST", **a_document(reference, **changes))
    assert answer["RETURN"][0]["NUMBER"] == "605", answer["RETURN"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    return str(answer["OBJ_KEY"])


async def test_a_document_shows_header_lines_and_taxes(ecc: Ecc, control: Any) -> None:
    """Amounts are strings in document currency, debits positive."""
    key = post(ecc, "BOOK-1")
    document = await control("GET", f"/documents/1000/{key[:10]}/{key[14:]}")

    assert document["reference"] == "BOOK-1"
    assert document["posting_date"] == f"{DATE[:4]}-03-01"
    assert [(line["account"], line["amount"], line["tax"]) for line in document["lines"]] == [
        ("0000004711", "119.00", False),
        ("0000800000", "-100.00", False),
        ("0000175000", "-19.00", True),
    ]
    assert document["taxes"] == [
        {
            "tax_code": "A1",
            "account": "0000175000",
            "jurisdiction": "",
            "condition": "MWAS",
            "key": "MWS",
            "rate": "19",
            "base": "-100.00",
            "amount": "-19.00",
        }
    ]


async def test_documents_can_be_filtered_and_paged(ecc: Ecc, control: Any) -> None:
    """The total counts all that match."""
    for n in range(3):
        post(ecc, f"BOOK-{n}", DOC_TYPE="DR" if n else "DZ")
    page = await control("GET", "/documents?document_type=DR&limit=1&offset=1")

    assert (page["total"], [d["reference"] for d in page["documents"]]) == (2, ["BOOK-2"])
    assert (await control("GET", "/documents?reference=BOOK-0"))["total"] == 1
    assert (await control("GET", "/documents?reference=BOOK"))["total"] == 0
    assert (await control("GET", "/documents?client=200"))["total"] == 0


async def test_currencies_keep_their_decimals(ecc: Ecc, control: Any) -> None:
    """Yen without, dinars with three."""
    for code, currency, amount in (("3000", "JPY", "1000"), ("4000", "KWD", "1.234")):
        line = [{"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000176500"}]
        money = amounts(amount, f"-{amount}", currency=currency)
        post(ecc, currency, COMP_CODE=code, ACCOUNTGL=line, ACCOUNTTAX=[], CURRENCYAMOUNT=money)
    documents = (await control("GET", "/documents"))["documents"]

    assert [[line["amount"] for line in d["lines"]] for d in documents] == [["1000", "-1000"], ["1.234", "-1.234"]]
    summary = (await control("GET", "/summary"))["summary"]
    assert [(s["currency"], s["documents"], s["debits"], s["receivables"]) for s in summary] == [
        ("JPY", 1, "1000", "1000"),
        ("KWD", 1, "1.234", "1.234"),
    ]


async def test_one_time_customers_show_their_address(ecc: Ecc, control: Any) -> None:
    """At the line they belong to."""
    line = [{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000099000"}]
    address = {
        "NAME": "Ada",
        "NAME_2": "Lovelace",
        "CITY": "Bonn",
        "COUNTRY": "DE",
        "STREET": "Weg 1",
        "POSTL_CODE": "53111",
    }
    post(ecc, "CPD", ACCOUNTRECEIVABLE=line, CUSTOMERCPD=address)
    (document,) = (await control("GET", "/documents"))["documents"]

    assert document["lines"][0]["one_time"]["names"] == ["Ada", "Lovelace", "", ""]
    assert document["lines"][0]["one_time"]["city"] == "Bonn"
    assert "one_time" not in document["lines"][1]
