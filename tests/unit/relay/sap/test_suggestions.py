"""Whoever adds a missing rule sees what similar ones say."""

from decimal import Decimal

import pytest
from mlconnector_relay.sap.facts import LineFacts, TaxFacts
from mlconnector_relay.sap.gaps import line_key, tax_key
from mlconnector_relay.sap.mapping import load_mapping
from mlconnector_relay.sap.suggestions import suggest

RULES = """
name = "shop"

[[company_codes]]
company_code = "1000"
one_time_customer = "99000"

[[company_codes]]
company_code = "2000"
currencies = ["USD"]
one_time_customer = "99001"

[[accounts]]
categories = [21]
gl_account = "800000"
cost_center = "4100"
company_codes = ["1000"]

[[accounts]]
categories = [22, 23]
customer_groups = [2]
gl_account = "800100"
cost_center = "4200"

[[accounts]]
segments = ["gold"]
gl_account = "800200"
cost_center = ""

[[accounts]]
categories = [24]
gl_account = "800300"
cost_center = "4400"
company_codes = ["2000"]

[tax_codes.A1]
rate = 19
condition_key = "MWAS"
account_key = "MWS"

[tax_codes.A2]
rate = 7
condition_key = "MWAS"
account_key = "MWS"

[tax_codes.F1]
rate = 20
condition_key = "MWAS"
account_key = "MWS"

[tax_codes.A0]
rate = 0
condition_key = "MWAS"
account_key = "MWS"

[[taxes]]
countries = ["DE"]
rate = 19
tax_code = "A1"

[[taxes]]
countries = ["DE"]
rate = 7
tax_code = "A2"

[[taxes]]
countries = ["FR"]
company_codes = ["2000"]
tax_code = "F1"

[[taxes]]
countries = ["CH"]
rate = 0
reason = "export"
tax_code = "A0"
"""
MAPPING = load_mapping(RULES, "shop.toml")


@pytest.mark.parametrize(
    ("facts", "suggestions"),
    [
        (LineFacts("1000", ((99,),)), ("account 800000, cost center 4100, as accounts[0] has for category 21",)),
        (
            LineFacts("1000", ((99,),), ("gold",), 2),
            (
                "account 800100, cost center 4200, as accounts[1] has for categories 22, 23",
                "account 800200, as accounts[2] has for all others",
                "account 800000, cost center 4100, as accounts[0] has for category 21",
            ),
        ),
        (LineFacts("2000", ((99,),)), ("account 800300, cost center 4400, as accounts[3] has for category 24",)),
        (LineFacts("3000"), ()),
    ],
)
def test_accounts_of_the_same_customers_and_company_code(facts: LineFacts, suggestions: tuple[str, ...]) -> None:
    """Whatever their category."""
    assert suggest(MAPPING, line_key(facts)) == suggestions


@pytest.mark.parametrize(
    ("facts", "suggestions"),
    [
        (
            TaxFacts("1000", "AT", "", Decimal(19)),
            ("tax code A1, as taxes[0] has for 19 % in DE",),
        ),
        (
            TaxFacts("1000", "DE", "", Decimal(16)),
            ("tax code A1, as taxes[0] has for 19 % in DE", "tax code A2, as taxes[1] has for 7 % in DE"),
        ),
        (TaxFacts("2000", "BE", "", Decimal(20)), ("tax code F1, as taxes[2] has for any rate in FR",)),
        (TaxFacts("1000", "NO", "", Decimal(0)), ("tax code A0, as taxes[3] has for 0 % in CH (export)",)),
        (TaxFacts("1000", "BE", "", Decimal(21)), ()),
    ],
)
def test_tax_codes_of_the_same_rate_or_country(facts: TaxFacts, suggestions: tuple[str, ...]) -> None:
    """The same rate counts before the same country."""
    assert suggest(MAPPING, tax_key(facts)) == suggestions


@pytest.mark.parametrize("key", ["sap:F5 201", "nonsense", "account:category=x", "tax:rate=many", "role:role=freight"])
def test_what_no_rule_resembles_has_no_suggestion(key: str) -> None:
    """Neither have keys that cannot be read."""
    assert suggest(MAPPING, key) == ()
