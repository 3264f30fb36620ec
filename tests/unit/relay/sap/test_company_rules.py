"""What a mapping file may say of companies."""

import pytest
from mlconnector_relay.sap.mapping import MappingInvalid
from mlconnector_relay.sap.named import named_in

from tests.support.mappings import a_mapping


def test_days_are_numbers_and_the_number_stands_in_the_third_reference_key() -> None:
    """The defaults of a file that says nothing, and days as TOML spells them."""
    rules = a_mapping().file.companies
    assert (rules.wait_minutes, rules.debtor, rules.debtor_field, rules.terms) == (15, "required", "", {})
    assert (rules.purchase_order.match_field, rules.purchase_order.match_rule) == ("reference_key_3", "whole")
    assert a_mapping(more='[companies.terms]\n30 = "ZB30"\n').file.companies.terms == {30: "ZB30"}


def test_terms_are_looked_up_in_sap_as_others_are() -> None:
    """In each company code."""
    file = a_mapping(more='[companies]\nterms = { 30 = "ZB30" }\n').file
    [named] = [one for one in named_in(file) if one.loc[0] == "companies"]
    assert (named.kind, named.value, named.company_code) == ("payment_terms", "ZB30", "1000")


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('terms = { many = "ZB30" }', "companies.terms.many"),
        ('terms = { 30 = "" }', "companies.terms.30: String should match"),
        ("wait_minutes = -1", "companies.wait_minutes"),
        ('debtor = "maybe"', "companies.debtor"),
        ('colour = "red"', "companies.colour: Extra inputs"),
    ],
)
def test_anything_else_is_told(section: str, said: str) -> None:
    """With its place."""
    with pytest.raises(MappingInvalid, match=said):
        a_mapping(more=f"[companies]\n{section}\n")
