"""Facts become accounts and tax codes by the most specific rule; what is missing names itself and can be cured."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlconnector_relay.sap.facts import LineFacts, TaxFacts
from mlconnector_relay.sap.mapping import Mapping, load_mapping
from mlconnector_relay.sap.mapping_file import (
    AccountRule,
    Cancellations,
    Clearing,
    CompanyCode,
    Decisions,
    DocumentRule,
    Hold,
    Marketplaces,
    Payments,
    Refunds,
    Skips,
    Statuses,
    TaxCodeFacts,
    TaxRule,
)
from mlconnector_relay.sap.targets import Accounts, TaxCode
from mlconnector_relay.sap.values import Gap

from tests.support.mappings import STORE, a_mapping, without

EXAMPLE = Path(__file__).parents[4] / "deploy" / "relay" / "mapping.example.toml"
DEFAULT = '[[accounts]]\ngl_account = "800900"\ncost_center = "4100"\n'


def rule(gl_account: str, **selectors: object) -> str:
    """Write an accounts rule."""
    chosen = "".join(f"{name} = {str(value).replace(chr(39), chr(34))}\n" for name, value in selectors.items())
    return f'[[accounts]]\n{chosen}gl_account = "{gl_account}"\ncost_center = "1"\n'


def account(mapping: Mapping, *categories: tuple[int, ...], company_code: str = "1000", **facts: object) -> str:
    """Return the account of a line, or the key of the gap."""
    found = mapping.accounts(LineFacts(company_code, categories, **facts))  # type: ignore[arg-type]
    return found.gl_account if isinstance(found, Accounts) else found.key


def tax(mapping: Mapping, rate: str = "19", country: str = "DE", region: str = "", **facts: str) -> TaxCode | Gap:
    """Ask for a tax code."""
    return mapping.tax(TaxFacts("1000", country, region, Decimal(rate), **facts))


def code(mapping: Mapping, *args: str, **facts: str) -> str:
    """Return a tax code, or the sentence of the gap."""
    found = tax(mapping, *args, **facts)
    return found.code if isinstance(found, TaxCode) else found.sentence


def test_a_category_decides_and_the_default_catches_the_rest() -> None:
    """The rule that decided is told."""
    mapping = a_mapping()
    assert account(mapping, (21, 20)) == "800000"
    assert account(mapping, (99,)) == account(mapping) == "800900"
    found = mapping.accounts(LineFacts("1000", ((22,),)))
    assert found == Accounts("800100", "PACK", "", "accounts[2]")


def test_a_category_stands_for_all_below_it() -> None:
    """The nearest ancestor with a rule decides."""
    mapping = a_mapping(more=rule("1", categories=[20]) + rule("2", categories=[5]))
    assert account(mapping, (33, 21, 20)) == "800000"
    assert account(mapping, (33, 34, 20)) == "1"
    assert account(mapping, (33, 34, 20), (9, 8, 7, 5)) == "1"


def test_selectors_weigh_category_then_segment_then_group_then_company() -> None:
    """One fixed order, whatever the order of the rules."""
    rules = [
        rule("6", categories=[20]),
        rule("5", categories=[21], company_codes=["1000"]),
        rule("4", segments=["vip"]),
        rule("3", customer_groups=[3]),
        rule("2", company_codes=["1000"]),
    ]
    for text in ("".join(rules), "".join(reversed(rules))):
        mapping = a_mapping(more=text)
        everything = {"segments": ("new", "vip"), "customer_group": 3}
        assert account(mapping, (21, 20), **everything) == "5"
        assert account(mapping, (77, 20), **everything) == "6"
        assert account(mapping, **everything) == "4"
        assert account(mapping, customer_group=3) == "3"
        assert account(mapping) == "2"


SELECTORS: list[tuple[str, object, dict[str, object]]] = [
    ("skus", ["LAMP-*"], {"sku": "lamp-7"}),
    ("categories", [55], {}),
    ("segments", ["vip"], {"segments": ("vip",)}),
    ("customer_groups", [3], {"customer_group": 3}),
    ("brands", [8], {"brand": 8}),
    ("product_types", ["digital"], {"product_type": "digital"}),
    ("channels", [2], {"channel": 2}),
    ("countries", ["DE"], {"country": "DE"}),
    ("payment_methods", ["Invoice"], {"payment_method": "invoice"}),
    ("shipping_methods", ["Express"], {"shipping_method": "EXPRESS"}),
    ("company_codes", ["1000"], {}),
]


def test_every_selector_weighs_more_than_all_behind_it() -> None:
    """One fixed order from the SKU down to the company code; letters' case does not matter where people type."""
    everything = {name: value for _, _, facts in SELECTORS for name, value in facts.items()}
    for place, (name, value, _) in enumerate(SELECTORS[:-1]):
        behind = {other: more for other, more, _ in SELECTORS[place + 1 :]}
        mapping = a_mapping(more=rule("1", **{name: value}) + rule("2", **behind))
        assert account(mapping, (55,), **everything) == "1", name


@pytest.mark.parametrize(("name", "value", "facts"), [one for one in SELECTORS if one[2]])
def test_a_selector_that_does_not_fit_excludes_its_rule(name: str, value: object, facts: dict[str, object]) -> None:
    """And the default catches the line."""
    mapping = a_mapping(more=rule("1", **{name: value}))
    assert account(mapping, **facts) == "1"
    assert account(mapping) == "800900"


def test_of_two_patterns_the_one_that_says_more_decides() -> None:
    """By its letters that are no wildcard, whichever they are; ? stands for one letter."""
    rules = (rule("1", skus=["L*"]), rule("2", skus=["L?MP-*", "X"]), rule("3", skus=["*"]), rule("4", skus=["LX*"]))
    mapping = a_mapping(more="".join(rules))
    assert account(mapping, sku="LAMP-7") == "2"
    assert account(mapping, sku="LEFT") == "1"
    assert account(mapping, sku="LX-9") == "4"
    assert account(mapping, sku="") == "3"


def test_a_region_belongs_to_its_country() -> None:
    """In any case of letters."""
    mapping = a_mapping(more=rule("1", countries=["US"], regions=["texas"]))
    assert account(mapping, country="US", region="Texas") == "1"
    assert account(mapping, country="US", region="Ohio") == "800900"


def test_a_question_holds_what_its_key_leaves_out() -> None:
    """A rule for one SKU cures the lines of that SKU, and no others of their category."""
    bare = a_mapping((DEFAULT, ""))
    asked = [bare.accounts(LineFacts("1000", ((42,),), sku=sku, brand=8, channel=1)) for sku in ("A-1", "B-1")]
    assert all(isinstance(gap, Gap) for gap in asked)
    first, second = (gap for gap in asked if isinstance(gap, Gap))
    assert first.key == second.key == "account:category=42,company_code=1000"
    assert first.question == "account:category=42,company_code=1000,sku=A-1,brand=8,channel=1"

    curing = a_mapping((DEFAULT, ""), more=rule("1", skus=["A-*"]))
    assert (curing.cures(first.question), curing.cures(second.question)) == (True, False)


def test_rules_may_combine_selectors() -> None:
    """All of a rule's selectors must fit."""
    mapping = a_mapping(more=rule("1", categories=[21], customer_groups=[3]))
    assert account(mapping, (21,), customer_group=3) == "1"
    assert account(mapping, (21,), customer_group=4) == "800000"


def test_a_product_in_two_mapped_categories_is_a_tie_until_a_priority_decides() -> None:
    """Shoes and Sale: neither is nearer; both rules are named."""
    mapping = a_mapping()
    found = mapping.accounts(LineFacts("1000", ((21,), (22,))))
    assert isinstance(found, Gap)
    assert found.sentence == (
        "accounts[1] and accounts[2] both fit category 21, category 22, company code 1000; give one of them a priority"
    )
    decided = a_mapping(("categories = [22]", "categories = [22]\npriority = 1"))
    assert account(decided, (21,), (22,)) == "800100"
    assert decided.cures(found.key)
    assert not mapping.cures(found.key)


def test_a_missing_account_names_everything_it_was_asked_with() -> None:
    """What to add where."""
    found = a_mapping((DEFAULT, "")).accounts(LineFacts("1000", ((42, 7),), ("vip",), 3))
    assert isinstance(found, Gap)
    assert found.key == "account:category=42>7,segment=vip,group=3,company_code=1000"
    assert found.sentence == (
        "no account for category 42 > 7, segment vip, customer group 3, company code 1000; "
        "add an [[accounts]] rule or a default without selectors"
    )


def test_tax_codes_follow_country_and_rate() -> None:
    """With the keys SAP wants."""
    found = tax(a_mapping(), "7.0000")
    assert found == TaxCode("A2", "MWAS", "MWS", "", "")
    assert found.rule == "taxes[1]"
    assert code(a_mapping(), "0") == "A0"


def test_tax_selectors_weigh_country_region_rate_class_provider() -> None:
    """Regions, classes and providers compare in any case."""
    mapping = a_mapping(
        more="""
[tax_codes.X1]
condition_key = "JR1"
account_key = "JR1"
[tax_codes.X2]
condition_key = "JR1"
account_key = "JR1"
[tax_codes.X3]
condition_key = "JR1"
account_key = "JR1"
[[taxes]]
countries = ["US"]
regions = ["Texas"]
tax_code = "X1"
[[taxes]]
countries = ["US"]
rate = 8.25
tax_code = "X2"
[[taxes]]
countries = ["US"]
rate = 8.25
tax_classes = ["Food"]
providers = ["AvaTaxProvider"]
tax_code = "X3"
"""
    )
    assert code(mapping, "8.25", "US", "TEXAS", tax_class="Food") == "X1"
    assert code(mapping, "8.25", "US", "Ohio", tax_class="food", provider="avataxprovider") == "X3"
    assert code(mapping, "8.25", "US", "Ohio") == "X2"
    assert code(mapping, "5", "US", "Ohio") == (
        "no tax code for 5 % in US Ohio, company code 1000; add a [[taxes]] rule"
    )


def test_no_tax_needs_a_rule_with_its_reason() -> None:
    """A rule for any rate does not catch what was sold without tax."""
    more = '[tax_codes.X1]\ncondition_key = "J"\naccount_key = "J"\n[[taxes]]\ncountries = ["US"]\ntax_code = "X1"\n'
    mapping = a_mapping(more=more)
    assert code(mapping, "8", "US", "Ohio") == "X1"
    assert code(mapping, "0", "US", "Ohio", tax_class="Books", provider="Ava") == (
        "no tax code for 0 % in US Ohio, class Books, no VAT id, provider Ava, company code 1000; "
        "add a [[taxes]] rule; 0 % needs a rule with rate = 0 and its reason"
    )


def test_a_code_of_another_rate_is_a_gap_not_a_posting() -> None:
    """7 % posted under a 19 % code is what SAP would accept without a word."""
    mapping = a_mapping(('rate = 7\ntax_code = "A2"', 'tax_code = "A1"'))
    assert code(mapping, "19") == "A1"
    assert code(mapping, "7") == "7 % in DE, company code 1000: taxes[1] says A1, which has 19 %; correct the rule"


def test_a_liability_account_takes_the_tax_from_its_code() -> None:
    """Sales tax per state: the code has 0 %, the account the tax."""
    more = '[[taxes]]\ncountries = ["US"]\nregions = ["Texas"]\ntax_code = "A0"\nliability_account = "176000"\n'
    found = tax(a_mapping(more=more), "8.25", "US", "Texas")
    assert isinstance(found, TaxCode)
    assert (found.code, found.liability_account) == ("A0", "176000")


def test_two_tax_rules_that_fit_alike_are_named() -> None:
    """One by class, one by provider: the class is weightier; two by class tie."""
    more = (
        '[[taxes]]\ncountries = ["DE"]\nrate = 19\ntax_classes = ["Food", "Toys"]\ntax_code = "A1"\npriority = 1\n'
        '[[taxes]]\ncountries = ["DE"]\nrate = 19\ntax_classes = ["Books"]\ntax_code = "A1"\npriority = 1\n'
    )
    mapping = a_mapping(more=more)
    assert tax(mapping, tax_class="Books").rule == "taxes[4]"  # type: ignore[union-attr]


def test_the_company_code_follows_store_channel_and_currency() -> None:
    """More selectors are more specific."""
    mapping = a_mapping(
        more="""
[[company_codes]]
company_code = "2000"
stores = ["abc123"]
currencies = ["USD"]
one_time_customer = "1"
[[company_codes]]
company_code = "3000"
stores = ["abc123"]
channels = [7]
one_time_customer = "1"
"""
    )

    def company(channel: int, currency: str) -> str:
        found = mapping.company(STORE, channel, currency)
        assert isinstance(found, CompanyCode)
        return found.company_code

    assert [company(1, "EUR"), company(1, "USD"), company(7, "EUR")] == ["1000", "2000", "3000"]


def test_no_company_code_is_a_gap_that_can_be_cured() -> None:
    """Nobody posts another store's orders by accident."""
    mapping = a_mapping(('company_code = "1000"', 'company_code = "1000"\nstores = ["other"]'))
    found = mapping.company(STORE, 1, "EUR")
    assert isinstance(found, Gap)
    assert found.key == "company_code:store=abc123,channel=1,currency=EUR"
    assert "no company code for store abc123, channel 1, currency EUR" in found.sentence
    assert a_mapping().cures(found.key)
    assert not mapping.cures(found.key)
    assert "currency (none)" in mapping.company(STORE, 1, "").sentence  # type: ignore[union-attr]


def test_company_codes_that_fit_alike_are_named() -> None:
    """Channel 1 in one list and currency EUR in another would be decided; two channel lists tie."""
    more = '[[company_codes]]\ncompany_code = "2000"\nchannels = [1]\none_time_customer = "1"\n'
    mapping = a_mapping(('company_code = "1000"', 'company_code = "1000"\nchannels = [2]'), more=more)
    assert isinstance(mapping.company(STORE, 1, "EUR"), CompanyCode)


def test_a_charge_without_account_is_a_gap_that_can_be_cured() -> None:
    """Each charge has one account per company code."""
    mapping = a_mapping(without('freight = { gl_account = "808000", cost_center = "4900" }'))
    company = mapping.company(STORE, 1, "EUR")
    assert isinstance(company, CompanyCode)
    found = mapping.role(company, "freight")
    assert isinstance(found, Gap)
    assert found.key == "role:role=freight,company_code=1000"
    assert "add freight = { gl_account = ..., cost_center = ... }" in found.sentence
    assert a_mapping().cures(found.key)
    assert not mapping.cures(found.key)
    assert isinstance(mapping.role(company, "fee"), Accounts)


def test_adjustments_have_accounts_only_where_named() -> None:
    """Without one, discounts are netted and nothing is rounded away."""
    mapping = a_mapping(
        without('rounding_limit = "0.02"'), without('rounding = { gl_account = "898000", cost_center = "4900" }')
    )
    company = mapping.company(STORE, 1, "EUR")
    assert isinstance(company, CompanyCode)
    assert mapping.adjustment(company, "rounding") is None
    found = mapping.adjustment(company, "discount")
    assert found == Accounts("888000", "4100", "", "company code 1000, discount")


def test_marketplaces_wait_for_a_decision() -> None:
    """In any case of letters; taking one off the list cures its orders."""
    found = a_mapping().marketplace("eBay")
    assert isinstance(found, Gap)
    assert found.key == "marketplace:source=ebay"
    assert a_mapping().marketplace("www") is None
    assert a_mapping(more='[marketplaces]\npark = ["Amazon"]\n').cures(found.key)
    assert not a_mapping().cures(found.key)


def test_statuses_post_wait_or_never_post() -> None:
    """The defaults are paid and on their way; Incomplete never posts."""
    mapping = a_mapping()
    assert [status for status in range(15) if mapping.posting(status) == "post"] == [2, 3, 8, 9, 10, 11]
    assert [status for status in range(15) if mapping.posting(status) == "never"] == [0]
    assert mapping.posting(7) == "wait"
    assert a_mapping(more="[status]\npost = [7]\n").posting(7) == "post"


@pytest.mark.parametrize(
    "key",
    [
        "not_yet:refund",
        "refused:reading",
        "sap:F5 201",
        "sap:code=F5 201",
        "",
        "account:category=x",
        "tax:rate=many",
        "company_code:store=abc123",
        "company_code:store=abc123,channel=x",
        "role:role=nothing,company_code=1000",
        "role:role=freight",
        "role:role=freight,company_code=9999",
        "marketplace:",
        "period:company_code=1000,year=2026,period=010",
        "period:company_code=9999",
        "hold:company_code=1000",
        "clearing:gateway=stripe,currency=EUR,company_code=1000",
    ],
)
def test_a_mapping_cures_nothing_it_was_not_asked_for(key: str) -> None:
    """Other causes have other cures."""
    assert not a_mapping().cures(key)


def test_what_waits_for_a_period_or_a_hold_is_cured_by_the_rule_for_it() -> None:
    """A company code that posts to the next open period, and a hold that was taken away or ends at another time."""
    period = "period:company_code=1000,year=2026,period=010"
    assert a_mapping(('language = "DE"', 'language = "DE"\nclosed_period = "next_open"')).cures(period)
    hold = "hold:company_code=1000,until=2026-12-03T06:00,zone=Europe/Berlin"
    section = "[[close_calendar]]\nhold_from = 2026-12-01T18:00:00\nhold_until = 2026-12-03T06:00:00\n"
    assert a_mapping().cures(hold)
    assert not a_mapping(more=section).cures(hold)
    assert a_mapping(more=section.replace("T06", "T07")).cures(hold)
    own = section + 'company_codes = ["1000"]\n'
    assert not a_mapping(more=own).cures(hold)
    assert a_mapping(more=own).cures(hold.replace("1000", "2000"))


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(20, 23), min_size=1, max_size=3).map(tuple), max_size=2).map(tuple),
    st.none() | st.integers(1, 3),
)
def test_a_gap_is_cured_exactly_by_what_fills_it(categories: tuple[tuple[int, ...], ...], group: int | None) -> None:
    """Asking by key is asking by facts."""
    facts = LineFacts("1000", categories, (), group)
    poor = a_mapping((DEFAULT, ""))
    found = poor.accounts(facts)
    if isinstance(found, Gap):
        assert not poor.cures(found.key)
        richer = a_mapping((DEFAULT, rule("1", customer_groups=[2])))
        assert richer.cures(found.key) == isinstance(richer.accounts(facts), Accounts)


def test_the_version_changes_with_the_content_only() -> None:
    """It is stored with every ledger entry."""
    text = 'name = "a"\n[[company_codes]]\ncompany_code = "1000"\none_time_customer = "1"\n'
    assert load_mapping(text, "x").version == load_mapping(text, "y").version != load_mapping(text + "#", "x").version


def test_the_example_file_is_a_mapping() -> None:
    """What installers start from must work, and hold every key there is."""
    text = EXAMPLE.read_text(encoding="utf-8")
    mapping = load_mapping(text, EXAMPLE.name)
    assert account(mapping, (22, 21)) == "800000"
    assert code(mapping, "8.25", "US", "Texas") == "O0"
    shown = {line.lstrip("# ").partition("=")[0].strip() for line in text.splitlines()}
    rules = (CompanyCode, DocumentRule, AccountRule, TaxRule, TaxCodeFacts, Clearing, Hold)
    sections = (*rules, Statuses, Skips, Marketplaces, Refunds, Cancellations, Decisions, Payments)
    known = {name for section in sections for name in section.model_fields}
    assert known <= shown


# --- documents of some orders ---

B2B = '[[documents]]\ncustomer_groups = [2]\ncustomer = "4711"\npayment_terms = "ZB30"\n'


def documents(mapping: Mapping, **facts: object) -> CompanyCode | Gap:
    """Return the company code of an order, with what the rules for documents say."""
    company = mapping.company(STORE, 1, "EUR")
    assert isinstance(company, CompanyCode)
    return mapping.documents(company, LineFacts("1000", **facts))  # type: ignore[arg-type]


def test_a_rule_for_documents_lies_over_the_company_code() -> None:
    """What it leaves out stays; orders it does not fit stay as they are."""
    types = B2B + 'document_types = { refund = "DX" }\ncustomer_text = "Order {order}"\n'
    mapping = a_mapping(('language = "DE"', 'language = "DE"\ndunning_area = "01"'), more=types)
    plain, found = documents(mapping), documents(mapping, customer_group=2)
    assert plain == mapping.company(STORE, 1, "EUR")
    assert isinstance(found, CompanyCode)
    assert (found.customer, found.payment_terms, found.dunning_area) == ("4711", "ZB30", "01")
    assert (found.customer_text, found.header_text) == ("Order {order}", "{store} order {order}")
    assert {kind.value: found.document_type(kind) for kind in found.document_types} == {"invoice": "DR", "refund": "DX"}


def test_the_most_specific_rule_for_documents_wins() -> None:
    """Segment before group, before channel, source, country, region, payment method; an empty value is one, too."""
    rules = B2B
    for selector in ('segments = ["gold"]', 'countries = ["DE"]\nregions = ["bayern"]', 'payment_methods = ["PO"]'):
        rules += f'[[documents]]\n{selector}\npayment_terms = "Z{len(rules) % 100:02}"\n'
    rules += '[[documents]]\norder_sources = ["Amazon"]\npayment_terms = "ZAMZ"\n'
    rules += '[[documents]]\nchannels = [7]\ncompany_codes = ["1000"]\npayment_terms = ""\n'
    mapping = a_mapping(('language = "DE"', 'language = "DE"\npayment_terms = "0001"'), more=rules)
    terms = [one.payment_terms or "" for one in mapping.file.documents]

    def said(**facts: object) -> str:
        found = documents(mapping, **facts)
        assert isinstance(found, CompanyCode)
        return found.payment_terms

    assert said(segments=("silver", "gold"), customer_group=2) == terms[1]
    assert said(customer_group=2, channel=7) == terms[0]
    assert said(country="DE", region="Bayern", payment_method="po") == terms[2]
    assert said(country="DE", payment_method="po") == terms[3]
    assert said(order_source="amazon", country="DE", region="Bayern") == "ZAMZ"
    assert said(order_source="amazon", channel=7) == ""
    assert (said(channel=7), said(), said(region="Bayern")) == ("", "0001", "0001")


def test_a_rule_may_name_the_debtor_of_a_marketplace_or_a_one_time_customer_again() -> None:
    """Each takes the place of what the company code has: a fixed debtor without address, or an address."""
    rules = '[[documents]]\norder_sources = ["amazon"]\ncustomer = "4711"\n'
    rules += '[[documents]]\ncustomer_groups = [2]\none_time_customer = "99005"\n'
    mapping = a_mapping(('language = "DE"', 'language = "DE"\ncustomer = "4700"'), more=rules)

    def debtors(**facts: object) -> tuple[str | None, str]:
        found = documents(mapping, **facts)
        assert isinstance(found, CompanyCode)
        return found.customer, found.one_time_customer

    assert (debtors(), debtors(order_source="amazon")) == (("4700", "99000"), ("4711", "99000"))
    assert debtors(customer_group=2) == (None, "99005")


def test_two_rules_for_documents_park_until_one_has_a_priority() -> None:
    """Both are named; the question knows every fact, so that the cure releases the order."""
    both = "".join(f'[[documents]]\nsegments = ["{one}"]\npayment_terms = "Z{one}"\n' for one in (1, 2))
    mapping = a_mapping(more=both)
    gap = documents(mapping, segments=("1", "2"), customer_group=5)
    assert isinstance(gap, Gap)
    assert "documents[0] and documents[1] both fit" in gap.sentence
    assert gap.key.startswith("document:")
    assert not mapping.cures(gap.key)
    assert a_mapping(more=both.replace('["1"]', '["1"]\npriority = 1')).cures(gap.key)
