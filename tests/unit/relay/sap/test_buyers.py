"""A company's order: its debtor, its terms of payment and its purchase order number in the document."""

import pytest
from mlconnector_relay.bigcommerce.models import CompanyOrder
from mlconnector_relay.sap.companies import company_of
from mlconnector_relay.sap.document import later_document
from mlconnector_relay.sap.mapping_file import CompanyCode
from mlconnector_relay.sap.reference import Kind, StepId
from mlconnector_relay.sap.values import Built

from tests.support.building import built, refused
from tests.support.buyers import COMPANIES, ONE_RULE, companies, customer_row, ordered
from tests.support.mappings import STORE, a_mapping
from tests.support.orders import an_order


def test_the_company_brings_debtor_terms_and_purchase_order() -> None:
    """Its debtor without an address, the terms of its days, its number in the third reference key."""
    document = built(ordered(), companies())
    row = document.call.parameters["ACCOUNTRECEIVABLE"][0]

    assert (row["CUSTOMER"], row["PMNTTRMS"], row["REF_KEY_3"]) == ("0000004711", "ZB30", "PO-77")
    assert document.call.parameters["CUSTOMERCPD"] == {}
    assert "company 500 of the B2B Edition: debtor 4711, its terms 30 days: ZB30" in document.decisions
    assert "purchase order 'PO-77' in reference_key_3 (whole) of 'PO-77'" in document.decisions


def test_a_rule_for_documents_wins_over_what_the_company_brings() -> None:
    """Companies are the heaviest selector; what the rule leaves out the company still brings."""
    row = customer_row(ordered(), companies(ONE_RULE))
    assert (row["CUSTOMER"], row["PMNTTRMS"]) == ("0000004712", "ZB14")
    heavier = '[[documents]]\nsegments = ["vip"]\ncustomer = "4799"\npriority = 9\n'
    of_vip = ordered().model_copy(update={"customer_segments": ("vip",)})
    assert customer_row(of_vip, companies(ONE_RULE + heavier))["CUSTOMER"] == "0000004712"
    assert customer_row(ordered(company_id=501), companies(ONE_RULE))["CUSTOMER"] == "0000004711"
    by_group = '[[documents]]\ncountries = ["DE"]\ndunning_area = "01"\n'
    assert customer_row(ordered(), companies(by_group))["CUSTOMER"] == "0000004711"


def test_terms_without_a_table_are_the_company_codes() -> None:
    """So are those of a company of whose terms nothing is known."""
    own = ('one_time_customer = "99000"', 'one_time_customer = "99000"\npayment_terms = "0001"')
    plain = a_mapping(own, more='[companies]\ndebtor_field = "SAP debtor"\n')
    assert customer_row(ordered(), plain)["PMNTTRMS"] == "0001"
    unknown = ordered(days=None)
    assert customer_row(unknown, a_mapping(own, more=COMPANIES))["PMNTTRMS"] == "0001"
    assert any("its terms unknown: 0001" in one for one in built(unknown, a_mapping(own, more=COMPANIES)).decisions)
    assert any("30 days: as SAP has them" in one for one in built(ordered(), companies(terms="{}")).decisions)


def test_other_orders_know_nothing_of_it() -> None:
    """Neither a private order, nor one that is awaited, nor one of a store without the B2B Edition."""
    plain = built(an_order(), companies()).call
    for standing in ("private", "awaited"):
        snapshot = an_order().model_copy(update={"company": CompanyOrder(standing=standing, po_number="X")})
        assert built(snapshot, companies()).call == plain


def test_the_company_code_itself_is_as_ordered() -> None:
    """What follows an invoice sees the same."""
    company = company_of(ordered(), companies(), STORE)
    assert isinstance(company, CompanyCode)
    assert (company.customer, company.payment_terms) == ("4711", "ZB30")


FIELDS = [
    ("reference_key_2", "REF_KEY_2", 12),
    ("reference_key_3", "REF_KEY_3", 20),
    ("assignment", "ALLOC_NMBR", 18),
    ("payment_reference", "PAYMT_REF", 30),
    ("text", "ITEM_TEXT", 50),
]


@pytest.mark.parametrize(("field", "sap", "room"), FIELDS)
def test_the_purchase_order_stands_whole_in_its_field_or_parks(field: str, sap: str, room: int) -> None:
    """It is never cut by SAP; a rule that shortens it is the cure."""
    section = f'[companies.purchase_order]\nmatch_field = "{field}"\n'
    fitting = ordered(po_number=" P\t" + "0" * (room - 3) + "7 ")
    assert customer_row(fitting, companies(section))[sap] == "P " + "0" * (room - 3) + "7"
    longer = ordered(po_number="P" * (room + 1))
    refusal = refused(longer, companies(section))
    assert refusal.rule == "refused:po_number"
    assert f"({room + 1} characters) does not fit {field} ({room}) whole" in refusal.sentence
    assert "PPP" not in refusal.sentence
    last = f'{section}match_rule = "last"\nmatch_length = 4\n'
    assert customer_row(longer, companies(last))[sap] == "PPPP"


def test_a_purchase_order_that_shortens_to_nothing_is_left_out() -> None:
    """As is one that was never given."""
    section = '[companies.purchase_order]\nmatch_rule = "before"\nmatch_separator = "-"\n'
    for number in ("-77", "", " "):
        document = built(ordered(po_number=number), companies(section))
        assert "REF_KEY_3" not in document.call.parameters["ACCOUNTRECEIVABLE"][0]


def test_later_documents_carry_the_number_but_never_wait_for_it() -> None:
    """One that does not fit any more is left out of a credit memo; a payment's own key stays."""
    mapping, step = companies(), StepId("acme", "abc123", 1000123, Kind.REFUND, 3)
    frozen = built(ordered(), mapping).facts
    for number, expected in (("PO-78", "PO-78"), ("P" * 21, None)):
        found = later_document(frozen, ordered(po_number=number), mapping, STORE, step)
        assert isinstance(found, Built)
        assert found.call.parameters["ACCOUNTRECEIVABLE"][0].get("REF_KEY_3") == expected
