"""A company's order without debtor or terms parks with what would cure it; nothing else does."""

import pytest
from mlconnector_relay.sap.document import ar_document

from tests.support.building import gaps
from tests.support.buyers import COMPANIES, ONE_RULE, companies, customer_row, ordered
from tests.support.mappings import STEP, STORE, a_mapping
from tests.support.orders import an_order


@pytest.mark.parametrize("field", ["", "12345678901", "4711 a", "Müller"])
def test_a_company_without_debtor_parks_until_one_is_named(field: str) -> None:
    """What SAP could not have as a customer is none; a rule, or a mapping that needs none, cures it."""
    snapshot = ordered(fields={"SAP debtor": field})
    found = ar_document(snapshot, companies(), STORE, STEP)
    assert isinstance(found, tuple)
    [gap] = found
    assert gap.key == "debtor:company=500,company_code=1000"
    assert gap.sentence == (
        "no debtor for company 500, company code 1000; fill its extra field 'SAP debtor' and release the order, or add "
        "a [[documents]] rule with companies = [500] and customer"
    )
    assert not companies().cures(gap.question)
    assert not companies(ONE_RULE.replace("500", "501")).cures(gap.question)
    for cure in (companies(ONE_RULE), companies(debtor='"optional"'), companies(debtor_field='"Other"')):
        assert cure.cures(gap.question)
    assert not companies(ONE_RULE.replace('customer = "4712"\n', "")).cures(gap.question)
    assert customer_row(snapshot, companies(debtor='"optional"'))["CUSTOMER"] == "0000099000"
    assert customer_row(snapshot, companies(ONE_RULE))["CUSTOMER"] == "0000004712"


def test_without_a_field_only_rules_name_debtors() -> None:
    """The sentence says so; all that is missing is told at once."""
    found = ar_document(ordered(), a_mapping(), STORE, STEP)
    assert isinstance(found, tuple)
    assert found[0].sentence.startswith("no debtor for company 500, company code 1000; add a [[documents]] rule")
    untaxed = a_mapping(('countries = ["DE"]\nrate = 19', 'countries = ["AT"]\nrate = 19'))
    assert [key.partition(":")[0] for key in gaps(ordered(), untaxed)] == ["tax", "debtor"]


def test_days_without_terms_park() -> None:
    """Until they are in the table, or a rule names terms."""
    snapshot = ordered(days=45)
    found = ar_document(snapshot, companies(), STORE, STEP)
    assert isinstance(found, tuple)
    [gap] = found
    assert (gap.key, gap.sentence) == (
        "terms:days=45,company_code=1000",
        "no terms of payment for 45 days (company 500, company code 1000); add them to [companies] terms",
    )
    assert not companies().cures(gap.question)
    for cure in (companies(ONE_RULE), companies(terms='{ 45 = "ZB45" }'), companies(terms="{}")):
        assert cure.cures(gap.question)
    assert not companies('[[documents]]\ncompanies = [500]\ncustomer = "1"\n').cures(gap.question)
    assert customer_row(snapshot, companies(ONE_RULE))["PMNTTRMS"] == "ZB14"


def test_a_tie_between_rules_is_told_instead() -> None:
    """Which of them holds decides about the debtor."""
    two = '[[documents]]\nsegments = ["vip"]\n[[documents]]\nsegments = ["new"]\n'
    both = ordered(fields={}).model_copy(update={"customer_segments": ("vip", "new")})
    assert [key.partition(":")[0] for key in gaps(both, companies(two))] == ["document"]


def test_the_company_code_is_asked_first() -> None:
    """Without one nothing is said of a debtor."""
    dollars = an_order().model_copy(update={"company": ordered().company})
    mapping = a_mapping(('language = "DE"', 'language = "DE"\ncurrencies = ["USD"]'), more=COMPANIES)
    assert [key.partition(":")[0] for key in gaps(dollars, mapping)] == ["company_code"]


def test_a_rule_may_name_a_one_time_customer() -> None:
    """For a company that is to have no debtor; then the billing address goes along."""
    rule = '[[documents]]\ncompanies = [500]\none_time_customer = "99000"\n'
    snapshot = ordered(fields={})
    assert customer_row(snapshot, companies(rule))["CUSTOMER"] == "0000099000"
    with_field = ordered()
    assert customer_row(with_field, companies(rule))["CUSTOMER"] == "0000099000"
