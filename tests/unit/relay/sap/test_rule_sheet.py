"""Rules go out as a sheet and come back the same, whatever a spreadsheet does to it; mistakes name their cells."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlconnector_relay.sap.mapping_file import AccountRule, DocumentRule, MappingFile, TaxRule
from mlconnector_relay.sap.reference import Kind
from mlconnector_relay.sap.rule_sheet import COLUMNS, Sheet, SheetInvalid, decoded, read_sheet, sheet_of

WORDS = st.lists(st.text(alphabet="abÄ é|\\'\"=-+@;,\t\n0", max_size=6), max_size=3).map(tuple)
NUMBERS = st.lists(st.integers(0, 10**9), max_size=3).map(tuple)
KEYS = st.sampled_from(["0000800000", "800000", "A1", "1E5", "MAR1", "PACK"])
CODES = st.lists(st.sampled_from(["1000", "0001", "US01"]), max_size=2).map(tuple)
COUNTRIES = st.lists(st.sampled_from(["DE", "US", "AT"]), max_size=3).map(tuple)
NO_NUMBER = "Input should be a valid integer, unable to parse string as an integer"
PRIORITY = st.integers(-5, 5)
ACCOUNTS = st.builds(
    AccountRule,
    gl_account=KEYS,
    cost_center=st.sampled_from(["", "0000004100", "P-1", "A/B"]),
    profit_center=st.sampled_from(["", "77"]),
    internal_order=st.sampled_from(["", "000000400100"]),
    wbs_element=st.sampled_from(["", "P-100.1"]),
    categories=NUMBERS,
    segments=WORDS,
    customer_groups=NUMBERS,
    skus=st.lists(st.sampled_from(["GC-*", "=1", "0001", "-x?", "a|b"]), max_size=3).map(tuple),
    brands=NUMBERS,
    product_types=st.lists(st.sampled_from(["physical", "digital", "custom"]), max_size=2).map(tuple),
    channels=NUMBERS,
    countries=COUNTRIES,
    regions=WORDS,
    payment_methods=WORDS,
    shipping_methods=WORDS,
    company_codes=CODES,
    priority=PRIORITY,
)
TAXES = st.builds(
    TaxRule,
    countries=COUNTRIES,
    regions=WORDS,
    rate=st.none() | st.decimals(0, 99, places=2),
    tax_classes=WORDS,
    providers=WORDS,
    company_codes=CODES,
    priority=PRIORITY,
    tax_code=st.sampled_from(["A1", "O0", "1E", "00"]),
    reason=st.sampled_from([None, "export", "zero_rated"]),
    liability_account=st.none() | KEYS,
)
TEXTS = st.none() | st.sampled_from(["{order}", "=1", '""', " 0001 | {store} ", "'", "a\n\\b"])
DOCUMENTS = st.builds(
    DocumentRule,
    segments=WORDS,
    customer_groups=NUMBERS,
    channels=NUMBERS,
    order_sources=WORDS,
    countries=COUNTRIES,
    regions=WORDS,
    payment_methods=WORDS,
    company_codes=CODES,
    priority=PRIORITY,
    customer=st.none() | KEYS,
    one_time_customer=st.none() | KEYS,
    payment_terms=st.sampled_from([None, "", "ZB30", "0001"]),
    payment_block=st.sampled_from([None, "", "*", "A"]),
    dunning_block=st.sampled_from([None, "", "0"]),
    dunning_area=st.sampled_from([None, "", "01"]),
    document_types=st.dictionaries(st.sampled_from(Kind), st.sampled_from(["DR", "1E", "00"]), max_size=3),
    header_text=TEXTS,
    customer_text=TEXTS,
    item_text=st.none() | st.just("{name} {sku}"),
)
FILES = st.builds(
    MappingFile,
    name=st.just("x"),
    documents=st.lists(DOCUMENTS, max_size=4).map(tuple),
    accounts=st.lists(ACCOUNTS, max_size=4).map(tuple),
    taxes=st.lists(TAXES, max_size=4).map(tuple),
)


def written(rows: list[list[str]], separator: str = ",", ends: str = "\r\n") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=ends).writerows(rows)
    return text.getvalue()


def rules(sheet: Sheet) -> dict[str, list[Any]]:
    return {section: [row.rule for row in rows] for section, rows in sheet.rows.items()}


def errors_of(*rows: str, head: str = ",".join(COLUMNS)) -> tuple[str, ...]:
    with pytest.raises(SheetInvalid) as caught:
        read_sheet("\n".join((head, *rows)), "rules.csv")
    return caught.value.errors


@given(FILES, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
@settings(max_examples=200, deadline=None)
def test_every_rule_comes_back(file: MappingFile, separator: str, encoding: str) -> None:
    """Through every way in which spreadsheets write; in order."""
    text = decoded(written(sheet_of(file), separator).encode(encoding))
    assert rules(read_sheet(text, "rules.csv")) == {
        "documents": list(file.documents),
        "accounts": list(file.accounts),
        "taxes": list(file.taxes),
    }


def test_what_spreadsheets_do_is_tolerated() -> None:
    """A line that names the separator, empty rows, columns in another order or left out, a decimal comma."""
    text = "sep=;\r\nSection ; tax_code;gl_account;cost_center;categories;rate;countries\r\n"
    text += ";;;;;;\r\nAccounts;;800000;4100;21 | 22;;\r\ntaxes;A1;;;;7,5;DE|AT\r\n"
    sheet = read_sheet(text, "rules.csv")
    assert rules(sheet) == {
        "documents": [],
        "accounts": [AccountRule(gl_account="800000", cost_center="4100", categories=(21, 22))],
        "taxes": [TaxRule(tax_code="A1", rate=Decimal("7.5"), countries=("DE", "AT"))],
    }
    assert [row.number for section in ("accounts", "taxes") for row in sheet.rows[section]] == [4, 5]


def test_what_a_rule_for_documents_leaves_out_differs_from_what_it_empties() -> None:
    """An empty cell is as the company code says, two quotation marks are nothing; types stand with their kinds."""
    head = "section,channels,payment_terms,dunning_area,document_types,header_text\n"
    text = head + 'documents,1,"""""",,Invoice  RV | refund RG,Shop {order} | web\n'
    assert rules(read_sheet(text, "rules.csv"))["documents"] == [
        DocumentRule(
            channels=(1,),
            payment_terms="",
            document_types={Kind.INVOICE: "RV", Kind.REFUND: "RG"},
            header_text="Shop {order} | web",
        )
    ]
    kinds = "'invoice', 'refund', 'supplement', 'reversal', 'repost', 'payment', 'shipment' or 'completion'"
    places = "{order}, {store} and {external_order}"
    errors = errors_of(
        "documents,invoice DR | invoice DG,",
        "documents,sale DR,",
        "documents,DR,",
        "documents,,{name}",
        head="section,document_types,header_text",
    )
    assert [one.partition(", found")[0] for one in errors] == [
        "row 2, column document_types (B): Input should be a valid dictionary",
        f"row 3, column document_types (B): Input should be {kinds}",
        f"row 4, column document_types (B): Input should be {kinds}",
        "row 4, column document_types (B): String should match pattern '^[A-Z0-9]{2}$'",
        f"row 5, column header_text (C): Value error, expected a text with no other places than {places}",
    ]


def test_a_file_in_windows_own_code_page_is_read() -> None:
    """As older spreadsheets save it."""
    assert decoded("Köln;€".encode("cp1252")) == "Köln;€"
    assert decoded("Köln".encode()) == "Köln"


def test_every_error_names_row_and_column() -> None:
    """All at once, with what is expected."""
    head = "section,gl_account,cost_center,categories,tax_code,rate"
    assert errors_of(
        "accounts,80 00,4100,21 | x,,",
        "accounts,800000,,,A1,19",
        "sales,800000,4100,,,",
        "taxes,,,,,19",
        "taxes,,,,A1,many",
        "accounts,800000,4100,,,,9",
        head=head,
    ) == (
        "row 2, column gl_account (B): String should match pattern '^[A-Z0-9]{1,10}$', found '80 00'",
        f"row 2, column categories (D): {NO_NUMBER}, found 'x'",
        "row 3, column tax_code (E): rules of accounts have no tax_code; leave the cell empty",
        "row 3, column rate (F): rules of accounts have no rate; leave the cell empty",
        "row 4, column section (A): expected accounts, taxes or documents, found 'sales'",
        "row 5, column tax_code (E): Field required",
        "row 6, column rate (F): Input should be a valid decimal, found 'many'",
        "row 7, column G: '9' stands beside the columns that have a heading",
    )
    assert errors_of("accounts", head="section") == ("row 2, column gl_account, which is missing: Field required",)


def test_headings_are_checked_first() -> None:
    """Unknown, twice, missing; nothing else can be read then."""
    expected = ", ".join(COLUMNS)
    assert errors_of(head="account,rate,rate,") == (
        f"row 1, column A: 'account' is no column; expected {expected}",
        "row 1, column C: rate stands there twice",
        "row 1: the column section is missing; its cells say accounts, taxes or documents",
    )
    assert errors_of(head="") == ("row 1: the column section is missing; its cells say accounts, taxes or documents",)


def test_columns_have_the_letters_of_a_spreadsheet() -> None:
    """Beyond Z, too."""
    head = "section," + "," * 24 + "gl_account,cost_center"
    assert errors_of("accounts", head=head) == ("row 2, column gl_account (Z): Field required",)
    assert errors_of("accounts," + "," * 25 + "x", head="section") == (
        "row 2, column AA: 'x' stands beside the columns that have a heading",
        "row 2, column gl_account, which is missing: Field required",
    )


def test_what_is_no_csv_is_said() -> None:
    """A picture, or a quotation mark that swallows the rest: one sentence, no defect."""
    with pytest.raises(SheetInvalid, match="no CSV: field larger"):
        read_sheet("section,skus\naccounts," + "a" * 200_000, "rules.csv")


@pytest.mark.parametrize("first", ["sep=", 'sep="', "sep=\r", "sep=x"])
def test_a_separator_that_is_none_is_no_heading(first: str) -> None:
    """Its row is told, as any heading that is none."""
    with pytest.raises(SheetInvalid, match="row 1, column A: 'sep="):
        read_sheet(f"{first}\nsection,skus\n", "rules.csv")


def test_a_rate_of_endless_places_is_refused() -> None:
    """Written out it would fill the memory."""
    with pytest.raises(SheetInvalid, match="no more than 6 decimal places"):
        read_sheet("section,rate,tax_code\ntaxes,1e-99999999,A1\n", "rules.csv")
