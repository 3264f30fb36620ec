"""The rows of documents."""

from typing import Any

from tests.support.ecc import DATE, Ecc, a_document, amounts, find
from tests.support.rfc_wire import WireClient


def post(client: WireClient, **document: Any) -> str:
    """Post and commit; give the document number."""
    answer = client.call("BAPI_ACC_DOCUMENT_POST", **document)
    assert answer["RETURN"][0]["NUMBER"] == "605", answer["RETURN"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    return str(answer["OBJ_KEY"])


def lines(ecc: Ecc, key: str, *columns: str, table: str = "BSEG") -> list[tuple[object, ...]]:
    """Give columns of a document's lines."""
    rows = ecc.system.books.lines(table, ("100", key[10:14], key[:10], key[14:]))
    return [tuple(row[c] for c in columns) for row in rows]


def test_the_header_takes_what_the_caller_sent(client: WireClient) -> None:
    """Dates, type, text, user; entry date and key are the system's."""
    key = post(client, **a_document("DOC-1"))
    fields = (
        "BUKRS",
        "BELNR",
        "BLART",
        "BLDAT",
        "BUDAT",
        "MONAT",
        "USNAM",
        "BKTXT",
        "WAERS",
        "AWTYP",
        "AWKEY",
        "GLVOR",
    )

    assert find(client, "DOC-1", *fields) == [
        ["1000", key[:10], "DR", DATE, DATE, "03", "MLC_RFC", "BC 1000123", "EUR", "BKPFF", key, "RFBU"]
    ]


def test_lines_have_posting_keys_by_account_type_and_sign(ecc: Ecc, client: WireClient) -> None:
    """01 and 11 for customers, 40 and 50 for G/L accounts; amounts are unsigned."""
    invoice = post(client, **a_document("DOC-2"))
    credit = post(
        client,
        **a_document("DOC-3", DOC_TYPE="DG", CURRENCYAMOUNT=amounts("-119.00", "100.00", "19.00", base="100.00")),
    )
    columns = ("BUZEI", "KOART", "BSCHL", "SHKZG", "WRBTR", "HKONT")

    assert lines(ecc, invoice, *columns) == [
        ("001", "D", "01", "S", 11900, "0000140000"),
        ("002", "S", "50", "H", 10000, "0000800000"),
        ("003", "S", "50", "H", 1900, "0000175000"),
    ]
    assert [row[2:4] for row in lines(ecc, credit, *columns)] == [("11", "H"), ("40", "S"), ("40", "S")]
    assert credit.startswith("16")


def test_a_tax_line_leaves_its_base_and_rate(ecc: Ecc, client: WireClient) -> None:
    """BSET has base, tax, condition and rate; a tax of zero is only there."""
    rows = amounts("100.00", "-100.00", "0.00", base="-100.00")
    zero_line = [{"ITEMNO_ACC": "0000000003", "TAX_CODE": "A0", "COND_KEY": "MWAS", "ACCT_KEY": "MWS"}]
    revenue = {"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000800000", "TAX_CODE": "A0", "COSTCENTER": "0000004100"}
    taxed = post(client, **a_document("DOC-4"))
    zero = post(client, **a_document("DOC-5", ACCOUNTGL=[revenue], ACCOUNTTAX=zero_line, CURRENCYAMOUNT=rows))
    columns = ("MWSKZ", "SHKZG", "FWBAS", "FWSTE", "KSCHL", "KTOSL", "KBETR", "HKONT")

    assert lines(ecc, taxed, *columns, table="BSET") == [("A1", "H", 10000, 1900, "MWAS", "MWS", 19000, "0000175000")]
    assert lines(ecc, zero, *columns, table="BSET") == [("A0", "H", 10000, 0, "MWAS", "MWS", 0, "0000175000")]
    assert len(lines(ecc, zero, "BUZEI")) == 2


def test_a_one_time_customer_keeps_its_address(ecc: Ecc, client: WireClient) -> None:
    """Long names are spread over four fields by the caller and kept as they came."""
    address = {
        "NAME": "A" * 35, "NAME_2": "B", "NAME_3": "C", "NAME_4": "D", "CITY": "Köln", "STREET": "Ring 1",
        "POSTL_CODE": "50667", "COUNTRY": "DE", "LANGU_ISO": "DE", "REGION": "05",
    }  # fmt: skip
    line = [{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000099000"}]
    key = post(client, **a_document("DOC-6", ACCOUNTRECEIVABLE=line, CUSTOMERCPD=address))

    assert lines(ecc, key, "NAME1", "NAME4", "ORT01", "PSTLZ", "LAND1", table="BSEC") == [
        ("A" * 35, "D", "Köln", "50667", "DE")
    ]
    assert lines(ecc, key, "KUNNR", "HKONT")[0] == ("0000099000", "0000140100")


def test_customer_fields_come_from_the_caller_or_the_master_record(ecc: Ecc, client: WireClient) -> None:
    """Payment terms and baseline date have defaults; references and blocks are the caller's."""
    line = {
        "ITEMNO_ACC": "0000000001",
        "CUSTOMER": "0000004712",
        "REF_KEY_1": "K1",
        "PAYMT_REF": "P",
        "DUNN_BLOCK": "A",
    }
    key = post(client, **a_document("DOC-7", ACCOUNTRECEIVABLE=[line]))
    other = post(
        client, **a_document("DOC-8", ACCOUNTRECEIVABLE=[{**line, "PMNTTRMS": "ZB00", "BLINE_DATE": "20260405"}])
    )

    assert lines(ecc, key, "ZTERM", "ZFBDT", "XREF1", "KIDNO", "MANSP")[0] == ("ZB30", DATE, "K1", "P", "A")
    assert lines(ecc, other, "ZTERM", "ZFBDT")[0] == ("ZB00", "20260405")


def test_yen_are_stored_without_decimals_and_shown_with_two(ecc: Ecc, client: WireClient) -> None:
    """1000 JPY reads as 10.00, 1.234 KWD as 12.34: SAP's internal format."""

    def shown(company_code: str, currency: str, amount: str, reference: str) -> str:
        document = a_document(
            reference,
            COMP_CODE=company_code,
            ACCOUNTGL=[{"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000176500"}],
            ACCOUNTTAX=[],
            CURRENCYAMOUNT=amounts(amount, f"-{amount}", currency=currency),
        )
        post(client, **document)
        options = [{"TEXT": f"BUKRS = '{company_code}' AND XBLNR = '{reference}'"}]
        row = client.call("RFC_READ_TABLE", QUERY_TABLE="BSID", OPTIONS=options, FIELDS=[{"FIELDNAME": "WRBTR"}])[
            "DATA"
        ][0]
        return str(row["WA"]).strip()

    assert shown("3000", "JPY", "1000", "DOC-9") == "10.00"
    assert shown("4000", "KWD", "1.234", "DOC-10") == "12.34"


def test_an_own_object_key_is_kept(ecc: Ecc, client: WireClient) -> None:
    """A registered object type keeps the caller's key in AWTYP and AWKEY."""
    ecc.system.master.put("TTYP", {"AWTYP": "ZMLC"})
    answer = client.call("BAPI_ACC_DOCUMENT_POST", **a_document("DOC-11", OBJ_TYPE="ZMLC", OBJ_KEY="ORDER7"))

    assert (answer["OBJ_TYPE"], answer["OBJ_KEY"]) == ("ZMLC", "ORDER7")
