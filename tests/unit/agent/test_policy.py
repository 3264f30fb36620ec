"""What Basis names is permitted, everything else refused, each by a rule of its own name."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_agent.policy.fields import PARAMETERS, STRUCTURES
from mlconnector_agent.policy.judge import judge
from mlconnector_agent.policy.limits import AccountRange, Policy, TableLimits
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import Post, Predicate, ReadTable, Simulate

TODAY = date(2026, 11, 23)

POLICY = Policy(
    function_modules=frozenset({"BAPI_ACC_DOCUMENT_POST", "BAPI_ACC_DOCUMENT_CHECK", "RFC_READ_TABLE"}),
    company_codes=frozenset({"1000"}),
    document_types=frozenset({"DR"}),
    max_amount={"EUR": Decimal("200.00"), "JPY": Decimal(20000)},
    store_codes=frozenset({"B1", "C"}),
    accounts=(AccountRange("0000800000", "0000899999"), AccountRange("DE00", "DE99")),
    days_back=30,
    days_ahead=1,
    tables={
        "BKPF": TableLimits(frozenset({"BUKRS", "BELNR", "XBLNR"}), 1000),
        "T000": TableLimits(frozenset({"MANDT", "LOGSYS"}), 10),
        "T001B": TableLimits(frozenset({"BUKRS", "MKOAR"}), 10),
    },
)


def amount(item: int, value: str, **changes: str) -> dict[str, str]:
    return {"ITEMNO_ACC": f"{item:010d}", "CURR_TYPE": "00", "CURRENCY": "EUR", "AMT_DOCCUR": value, **changes}


def document(**changes: Any) -> dict[str, Any]:
    """A document the policy permits; a lower-case name changes a header field, an upper-case one a parameter."""
    header = {
        "BUS_ACT": "RFBU",
        "USERNAME": "",
        "COMP_CODE": "1000",
        "DOC_DATE": "20261120",
        "PSTNG_DATE": "20261123",
        "DOC_TYPE": "DR",
        "REF_DOC_NO": "B1-1000123-I",
    }
    header |= {name.upper(): value for name, value in changes.items() if name.islower()}
    parameters = {
        "DOCUMENTHEADER": header,
        "ACCOUNTRECEIVABLE": [{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000004711"}],
        "ACCOUNTGL": [{"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000800000", "ITEM_TEXT": "2x Müller\u00a0& Söhne"}],
        "ACCOUNTTAX": [{"ITEMNO_ACC": "0000000003", "TAX_CODE": "A1"}],
        "CURRENCYAMOUNT": [amount(1, "119.00"), amount(2, "-100.00"), amount(3, "-19.00", AMT_BASE="-100.00")],
    }
    return parameters | {name: value for name, value in changes.items() if name.isupper()}


def rule_of(**changes: Any) -> str:
    denial = judge(Post(BapiCall("BAPI_ACC_DOCUMENT_POST", document(**changes))), POLICY, TODAY)
    return denial.rule if denial else ""


def test_a_document_within_all_limits_is_permitted() -> None:
    """What Basis named may be posted and simulated."""
    assert rule_of() == ""
    assert judge(Simulate(BapiCall("BAPI_ACC_DOCUMENT_CHECK", document())), POLICY, TODAY) is None


def test_a_function_module_is_permitted_only_where_it_is_named_and_has_rules() -> None:
    """Neither a module without rules for its parameters nor one Basis left out can be called."""

    def ask(work: Post | Simulate | ReadTable, *named: str) -> str:
        policy = Policy(**{name: getattr(POLICY, name) for name in POLICY.__slots__} | {"function_modules": {*named}})
        denial = judge(work, policy, TODAY)
        return denial.rule if denial else ""

    posting = Post(BapiCall("BAPI_ACC_DOCUMENT_POST", document()))
    for work in (
        Post(BapiCall("BAPI_ACC_DOCUMENT_CHECK", document())),
        Post(BapiCall("BAPI_PRICES_CONDITIONS", {})),
        Simulate(BapiCall("BAPI_ACC_DOCUMENT_POST", document())),
    ):
        assert ask(work, *POLICY.function_modules, "BAPI_PRICES_CONDITIONS") == "function_module"
    assert ask(posting, "RFC_READ_TABLE") == "function_module"
    assert ask(posting, "BAPI_ACC_DOCUMENT_POST") == ""
    assert ask(ReadTable("T000", ("MANDT",)), "BAPI_ACC_DOCUMENT_POST") == "function_module"


@pytest.mark.parametrize(
    "parameter", ["ACCOUNTPAYABLE", "EXTENSION1", "EXTENSION2", "CRITERIA", "PAYMENTCARD", "x" * 99]
)
def test_parameters_that_are_not_named_are_refused(parameter: str) -> None:
    """Vendors, extensions and whatever else the BAPI takes cannot be reached, not even empty."""
    parameters = document() | {parameter: []}

    denial = judge(Post(BapiCall("BAPI_ACC_DOCUMENT_POST", parameters)), POLICY, TODAY)

    assert denial is not None
    assert denial.rule == "parameter"
    assert len(denial.detail) < 300


def test_a_document_without_customer_needs_its_type_named() -> None:
    """Deferred revenue becomes revenue without any customer; what Basis does not name for that is refused."""
    transfers = replace(POLICY, transfer_types=frozenset({"SA"}), document_types=frozenset({"DR", "SA"}))
    for kind, rule in (("SA", None), ("DR", "parameter")):
        parameters = document() | {"ACCOUNTRECEIVABLE": []}
        parameters["DOCUMENTHEADER"] = parameters["DOCUMENTHEADER"] | {"DOC_TYPE": kind}
        denial = judge(Post(BapiCall("BAPI_ACC_DOCUMENT_POST", parameters)), transfers, TODAY)
        assert (denial and denial.rule) == rule


@pytest.mark.parametrize("parameter", ["DOCUMENTHEADER", "ACCOUNTRECEIVABLE", "CURRENCYAMOUNT"])
def test_an_ar_document_has_header_customer_and_amounts(parameter: str) -> None:
    """Without them there is nothing a later look could recognise."""
    assert rule_of(**{parameter: []}) == "parameter"


@pytest.mark.parametrize(
    ("parameter", "field"),
    [
        ("DOCUMENTHEADER", "AC_DOC_NO"),
        ("DOCUMENTHEADER", "OBJ_KEY_R"),
        ("ACCOUNTGL", "VENDOR_NO"),
        ("ACCOUNTGL", "COMP_CODE"),
        ("ACCOUNTRECEIVABLE", "SP_GL_IND"),
        ("CUSTOMERCPD", "IBAN"),
        ("CURRENCYAMOUNT", "AMT_DOCCUR_LONG"),
    ],
)
def test_fields_that_are_not_named_are_refused(parameter: str, field: str) -> None:
    """A field is refused, not dropped: what was signed is either done or not."""
    row = {field: "1"}
    value: Any = {**document()["DOCUMENTHEADER"], **row} if parameter == "DOCUMENTHEADER" else [row]

    assert rule_of(**{parameter: row if parameter == "CUSTOMERCPD" else value}) == "field"


@pytest.mark.parametrize("field", [5, 1.5, True, None, b"NAME", (1, 2)])
@pytest.mark.parametrize("parameter", sorted(PARAMETERS))
def test_names_that_are_no_texts_are_refused(parameter: str, field: Any) -> None:
    """What travels as a map may have keys of any type; whoever asks is answered all the same."""
    row = {field: "1"}

    assert rule_of(**{parameter: row if parameter in STRUCTURES else [row]}) == "field"


@pytest.mark.parametrize("transaction", ["", "SD00", "RMRP", "AZAF", "rfbu"])
def test_other_business_transactions_are_refused(transaction: str) -> None:
    """A document of ours is one of accounting itself."""
    assert rule_of(bus_act=transaction) == "value"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("DOCUMENTHEADER", "text"),
        ("DOCUMENTHEADER", [{}]),
        ("CUSTOMERCPD", [{"NAME": "a"}]),
        ("ACCOUNTGL", {"GL_ACCOUNT": "1"}),
        ("ACCOUNTGL", ["text"]),
        ("ACCOUNTGL", [{}] * 1000),
        ("CURRENCYAMOUNT", [{"ITEMNO_ACC": 1}]),
        ("CURRENCYAMOUNT", [amount(1, "1e9")]),
        ("CURRENCYAMOUNT", [amount(1, "NaN")]),
        ("CURRENCYAMOUNT", [amount(1, "1.23456")]),
        ("ACCOUNTGL", [{"ITEMNO_ACC": "12a"}]),
        ("ACCOUNTGL", [{"VALUE_DATE": "20261301"}]),
        ("ACCOUNTGL", [{"ITEM_TEXT": "a\nb"}]),
        ("ACCOUNTGL", [{"ITEM_TEXT": "\ud800"}]),
    ],
)
def test_values_of_the_wrong_kind_are_refused(parameter: str, value: Any) -> None:
    """Structures, tables, digits, dates and decimals are what they should be; nothing is converted."""
    assert rule_of(**{parameter: value}) == "value"


@given(st.data())
def test_no_text_longer_than_its_field_gets_through(data: st.DataObject) -> None:
    """SAP cuts what is too long without a word; the agent refuses it. UTF-16 units count, as SAP counts."""
    parameter = data.draw(st.sampled_from(sorted(PARAMETERS)))
    field, (kind, length) = data.draw(st.sampled_from(sorted(PARAMETERS[parameter].items())))
    text = "9" * (length + 1) if kind != "C" else "x" * (length - 1) + data.draw(st.sampled_from(["xx", "𝄞"]))
    row = {**(document()["DOCUMENTHEADER"] if parameter == "DOCUMENTHEADER" else {}), field: text}

    assert rule_of(**{parameter: row if parameter in STRUCTURES else [row]}) == "length"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"comp_code": "2000"}, "company_code"),
        ({"comp_code": ""}, "company_code"),
        ({"doc_type": "KR"}, "document_type"),
        ({"username": "DDIC"}, "username"),
        ({"ref_doc_no": "A1-1000123-I"}, "reference"),
        ({"ref_doc_no": "B11000123I"}, ""),
        ({"ref_doc_no": "b1-1000123-I"}, "reference"),
        ({"ref_doc_no": "C-1000123-I"}, ""),
        ({"ref_doc_no": "C1-1000123-I"}, "reference"),
        ({"ref_doc_no": "B1"}, "reference"),
        ({"ref_doc_no": ""}, "reference"),
        ({"pstng_date": "20261024"}, ""),
        ({"pstng_date": "20261023"}, "posting_date"),
        ({"pstng_date": "20261124"}, ""),
        ({"pstng_date": "20261125"}, "posting_date"),
        ({"pstng_date": "20260231"}, "posting_date"),
        ({"pstng_date": ""}, "posting_date"),
        ({"pstng_date": "00000000"}, "posting_date"),
    ],
)
def test_header_limits(changes: dict[str, str], rule: str) -> None:
    """Company code, document type, user, store code and posting date are within what Basis named."""
    assert rule_of(**changes) == rule


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ([amount(1, "200.00"), amount(2, "-200.00")], ""),
        ([amount(1, "200.01"), amount(2, "-200.01")], "amount"),
        ([amount(1, "150"), amount(2, "-150"), amount(3, "150"), amount(4, "-150")], "amount"),
        ([amount(1, "20000", CURRENCY="JPY"), amount(2, "-20000", CURRENCY="JPY", CURRENCY_ISO="JPY")], ""),
        ([amount(1, "1", CURRENCY="USD"), amount(2, "-1", CURRENCY="USD")], "currency"),
        ([amount(1, "1"), amount(2, "-1", CURRENCY="JPY")], "currency"),
        ([amount(1, "1"), amount(2, "-1", CURRENCY_ISO="USD")], "currency"),
        ([amount(1, "1"), amount(2, "-1", CURR_TYPE="10")], "currency"),
        ([amount(1, "1"), {"CURR_TYPE": "00", "CURRENCY": "EUR"}], "value"),
        ([amount(1, "1.00"), amount(2, "-0.99")], "balance"),
        ([amount(1, "0")], ""),
    ],
)
def test_amounts(rows: list[dict[str, str]], rule: str) -> None:
    """One permitted currency, balanced, gross debits within its limit."""
    assert rule_of(CURRENCYAMOUNT=rows) == rule


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"ACCOUNTGL": [{"GL_ACCOUNT": "899999"}]}, ""),
        ({"ACCOUNTGL": [{"GL_ACCOUNT": "0000900000"}]}, "account"),
        ({"ACCOUNTGL": [{}]}, "account"),
        ({"ACCOUNTGL": [{"GL_ACCOUNT": "DE42"}]}, ""),
        ({"ACCOUNTTAX": [{"GL_ACCOUNT": "0000113100"}]}, "account"),
        ({"ACCOUNTTAX": [{"GL_ACCOUNT": "0000800001"}]}, ""),
        ({"ACCOUNTTAX": [{"GL_ACCOUNT": ""}]}, ""),
    ],
)
def test_accounts_lie_in_the_ranges_basis_named(changes: dict[str, Any], rule: str) -> None:
    """G/L accounts are compared as SAP stores them; SAP itself finds the account of a tax line without one."""
    assert rule_of(**changes) == rule


def test_without_ranges_any_account_is_permitted() -> None:
    """Only a test configuration leaves them out."""
    policy = Policy(**{name: getattr(POLICY, name) for name in POLICY.__slots__} | {"accounts": None})
    parameters = document(ACCOUNTGL=[{"GL_ACCOUNT": "0000113100"}])

    assert judge(Post(BapiCall("BAPI_ACC_DOCUMENT_POST", parameters)), policy, TODAY) is None


OURS = (Predicate("BUKRS", "EQ", "1000"),)


@pytest.mark.parametrize(
    ("read", "rule"),
    [
        (ReadTable("BKPF", ("BUKRS", "BELNR"), OURS), ""),
        (ReadTable("BKPF", ("BUKRS", "BELNR"), OURS, key=("BELNR",)), ""),
        (ReadTable("USR02", ("BNAME",)), "table"),
        (ReadTable("BKPF", ("BUKRS", "USNAM"), OURS), "table_field"),
        (ReadTable("BKPF", ("BUKRS",), (*OURS, Predicate("USNAM", "EQ", "X"))), "table_field"),
        (ReadTable("BKPF", ("BUKRS",), OURS, key=("BELNR",)), "table_field"),
        (ReadTable("BKPF", ("BUKRS", "BUKRS"), OURS), "table_field"),
        (ReadTable("BKPF", (), OURS), "table_field"),
        (ReadTable("BKPF", ("BUKRS",), OURS, max_rows=1001), "rows"),
        (ReadTable("BKPF", ("BUKRS",), OURS, max_rows=0), "rows"),
        (ReadTable("BKPF", ("BUKRS",), OURS, max_rows=10, page_rows=0), "rows"),
        (ReadTable("BKPF", ("BUKRS",), OURS, max_rows=10, page_rows=50_001), "rows"),
        (ReadTable("BKPF", ("BUKRS",), OURS * 21, max_rows=10), "condition"),
        (ReadTable("BKPF", ("BUKRS",), (*OURS, Predicate("XBLNR", "EQ", "x" * 46)), max_rows=10), "condition"),
        (ReadTable("BKPF", ("BUKRS",), (*OURS, Predicate("XBLNR", "EQ", "a\nb")), max_rows=10), "condition"),
        (ReadTable("BKPF", ("BUKRS",), (), max_rows=10), "company_code"),
        (ReadTable("BKPF", ("BELNR",), (Predicate("BUKRS", "EQ", "2000"),), max_rows=10), "company_code"),
        (ReadTable("BKPF", ("BELNR",), (Predicate("BUKRS", "GE", "1000"),), max_rows=10), "company_code"),
        (ReadTable("T001B", ("BUKRS",), max_rows=10), ""),
        (ReadTable("T000", ("MANDT",), max_rows=10), ""),
    ],
)
def test_reads(read: ReadTable, rule: str) -> None:
    """Table, columns, conditions and number of rows are within what Basis named; company codes are ours."""
    if read.max_rows > 1001:
        read = ReadTable(read.table, read.fields, read.where, read.key, max_rows=10)
    denial = judge(read, POLICY, TODAY)

    assert (denial.rule if denial else "") == rule


def test_refusals_quote_no_personal_value() -> None:
    """The sentence of a refusal goes into logs: it names the field, never what a customer entered."""
    for name in ("Erika Mustermann " * 3, "Erika\nMustermann"):
        parameters = document(CUSTOMERCPD={"NAME": name})
        denial = judge(Post(BapiCall("BAPI_ACC_DOCUMENT_POST", parameters)), POLICY, TODAY)

        assert denial is not None
        assert "CUSTOMERCPD-NAME" in denial.detail
        assert "Erika" not in denial.detail
