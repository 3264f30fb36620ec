"""A mapping file with mistakes is refused with all of them at once, each with its line and what is expected."""

import pytest
from mlconnector_relay.sap.mapping import MappingInvalid, load_mapping

from tests.support.mappings import MAPPING


def errors_of(text: str) -> tuple[str, ...]:
    """Return the errors of a mapping file."""
    with pytest.raises(MappingInvalid) as caught:
        load_mapping(text, "shop.toml")
    return caught.value.errors


def test_a_good_file_is_read() -> None:
    """Its version names it and its content."""
    mapping = load_mapping(MAPPING, "shop.toml")
    assert mapping.version.startswith("shop@")
    assert mapping.version == load_mapping(MAPPING, "elsewhere.toml").version
    assert mapping.version != load_mapping(MAPPING + "\n", "shop.toml").version


def test_what_is_no_toml_is_told_with_its_line() -> None:
    """The reader's own message."""
    (error,) = errors_of('name = "x"\n[[accounts]\n')
    assert error.startswith("shop.toml: no TOML:")
    assert "line 2" in error


def test_all_errors_are_told_at_once() -> None:
    """Unknown keys, wrong types, wrong formats and missing keys, in one go."""
    text = MAPPING.replace('name = "shop"', 'name = ""\ncolour = "red"')
    text = text.replace('gl_account = "800000"', "gl_account = 800000").replace('"99000"', '"no customer"')
    text = text.replace('cost_center = "PACK"\n', "").replace("rate = 7\ncondition_key", 'rate = "many"\ncondition_key')
    errors = errors_of(text)
    assert [error.split(", found")[0] for error in errors] == [
        "shop.toml: line 1, name: String should have at least 1 character",
        "shop.toml: line 8, company_codes[0].one_time_customer: String should match pattern '^[A-Z0-9]{1,10}$'",
        "shop.toml: line 25, accounts[1].gl_account: Input should be a valid string",
        "shop.toml: line 28, accounts[2].cost_center: Field required",
        "shop.toml: line 43, tax_codes.A2.rate: Input should be a valid decimal",
        "shop.toml: line 2, colour: Extra inputs are not permitted",
    ]
    assert errors[2].endswith("found 800000")


def test_an_amount_has_one_order_or_wbs_element() -> None:
    """SAP takes one true account assignment; in rules as in the accounts of a company code."""
    both = 'internal_order = "400100"\nwbs_element = "P-1"'
    text = MAPPING.replace('cost_center = "PACK"', f'cost_center = "PACK"\n{both}')
    text = text.replace('cost_center = "4900" }', 'cost_center = "", internal_order = "1", wbs_element = "P-1" }', 1)
    assert errors_of(text) == (
        "shop.toml: line 9, company_codes[0].freight.wbs_element: stands beside internal_order; SAP takes one of them",
        "shop.toml: line 32, accounts[2].wbs_element: stands beside internal_order; SAP takes one of them",
    )


def test_a_file_without_company_codes_is_refused() -> None:
    """Nothing could be posted."""
    expected = "shop.toml: company_codes: expected at least one [[company_codes]]: nothing could be posted"
    assert errors_of('name = "x"\n') == (expected,)


@pytest.mark.parametrize("value", ["true", "nan", "-1", "100"])
def test_a_rate_is_a_percentage(value: str) -> None:
    """Anything else is a slip."""
    (error,) = errors_of(MAPPING.replace("[tax_codes.A1]\nrate = 19", f"[tax_codes.A1]\nrate = {value}"))
    assert error.startswith("shop.toml: line 38, tax_codes.A1.rate: ")


CONTRADICTIONS = {
    "time zone": (
        ('"Europe/Berlin"', '"Europe/Atlantis"'),
        "timezone =",
        "company_codes[0].timezone: 'Europe/Atlantis' is no time zone; expected a name such as Europe/Berlin",
    ),
    "document type": (
        ('language = "DE"', 'document_types = { refund = "DG" }'),
        "document_types =",
        'company_codes[0].document_types: expected a type for invoices, such as invoice = "DR"',
    ),
    "discount account": (
        ('discount = { gl_account = "888000", cost_center = "4100" }', 'discounts = "own_account"'),
        "discounts =",
        "company_codes[0].discounts: own_account needs the account: discount = { gl_account = ..., cost_center = ... }",
    ),
    "rounding account": (
        ('rounding = { gl_account = "898000", cost_center = "4900" }\n', ""),
        "rounding_limit",
        (
            "company_codes[0].rounding_limit: a limit needs the account: "
            "rounding = { gl_account = ..., cost_center = ... }"
        ),
    ),
    "company code": (
        ("categories = [22]", 'categories = [22]\ncompany_codes = ["2000", "1000"]'),
        "company_codes = [",
        "accounts[2].company_codes: 2000 is no company code of this file",
    ),
    "tie": (
        (
            'cost_center = "PACK"',
            'cost_center = "1"\n[[accounts]]\ncategories=[9, 21]\ngl_account = "5"\ncost_center = ""',
        ),
        "[[accounts]]\ncategories=[9, 21]",
        "accounts[3]: ties with accounts[1]: same selectors, same priority; give one a priority",
    ),
    "no reason": (
        ('rate = 0\nreason = "zero_rated"', "rate = 0"),
        'rate = 0\ntax_code = "A0"',
        "taxes[2].rate: 0 % needs its reason, such as export or zero_rated",
    ),
    "reason": (
        ('tax_code = "A2"', 'tax_code = "A2"\nreason = "export"'),
        'reason = "export"',
        "taxes[1].reason: a reason belongs to rate = 0 only",
    ),
    "other rate": (
        ('rate = 7\ntax_code = "A2"', 'rate = 7\ntax_code = "A1" # slip'),
        "# slip",
        "taxes[1].tax_code: takes 7 %, but tax code A1 has 19 %",
    ),
    "unknown code": (
        ('tax_code = "A2"', 'tax_code = "A9"'),
        'tax_code = "A9"',
        "taxes[1].tax_code: A9 is not among [tax_codes]; add [tax_codes.A9]",
    ),
    "region": (
        ('countries = ["DE"]\nrate = 7', 'regions = ["Tirol"]\nrate = 7'),
        "regions =",
        "taxes[1].regions: expected countries beside regions",
    ),
    "status": (
        ("[[company_codes]]\n", "[status]\npost = [11, 77]\n\n[[company_codes]]\n"),
        "post = [11, 77]",
        "status.post: 77 is no order status; expected ids from 0 to 14",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions_are_told(name: str) -> None:
    """What is well-formed, but cannot be meant, with the line it stands on."""
    (old, new), where, sentence = CONTRADICTIONS[name]
    assert old in MAPPING
    text = MAPPING.replace(old, new)
    line = text[: text.index(where)].count("\n") + 1
    assert errors_of(text) == (f"shop.toml: line {line}, {sentence}",)


def test_a_status_cannot_both_post_and_never_post() -> None:
    """Incomplete orders never post unless somebody takes them off the other list."""
    text = MAPPING + "\n[status]\npost = [11, 0]\n"
    line = text.count("\n", 0, text.index("[status]")) + 1
    assert errors_of(text) == (f"shop.toml: line {line}, status.never: 0 stands under post too",)


@pytest.mark.parametrize(
    "more",
    [
        '[[accounts]]\ngl_account = "1"\ncost_center = ""\n',
        '[[taxes]]\ncountries = ["DE", "AT"]\nrate = 19\ntax_code = "A1"\n',
        '[[company_codes]]\ncompany_code = "2000"\none_time_customer = "1"\n',
    ],
)
def test_rules_with_the_same_selectors_need_a_priority(more: str) -> None:
    """Found by day, not when an order comes at night."""
    (error,) = errors_of(f"{MAPPING}\n{more}")
    assert "ties with" in error
    load_mapping(f"{MAPPING}\n{more}priority = 1\n", "shop.toml")


def test_rules_with_other_selectors_do_not_tie() -> None:
    """Another kind of selector weighs differently, another value never fits the same line."""
    more = '[[accounts]]\ncategories = [21]\ncustomer_groups = [3]\ngl_account = "1"\ncost_center = ""\n'
    load_mapping(f"{MAPPING}\n{more}", "shop.toml")


def test_rules_for_documents_are_checked() -> None:
    """Regions need countries, texts only known places, rules alike a priority, company codes must be there."""
    rules = '[[documents]]\nregions = ["Texas"]\ncompany_codes = ["9999"]\n[[documents]]\nchannels = [1]\n'
    rules += "[[documents]]\nchannels = [1, 2]\n"
    assert [error.partition("documents")[2] for error in errors_of(MAPPING + rules)] == [
        "[0].regions: expected countries beside regions",
        "[0].company_codes: 9999 is no company code of this file",
        "[2]: ties with documents[1]: same selectors, same priority; give one a priority",
    ]
    two = '[[documents]]\ncustomer = "4711"\none_time_customer = "99000"\n'
    [error] = errors_of(MAPPING + two)
    assert error.endswith("documents[0].one_time_customer: stands beside customer; an order has one debtor")
    bad = '[[documents]]\nheader_text = "{street}"\ncustomer_text = "{order"\n'
    expected = "expected a text with no other places than {order}, {store} and {external_order}"
    assert [error.partition(", found")[0].partition("documents[0].")[2] for error in errors_of(MAPPING + bad)] == [
        f"header_text: Value error, {expected}",
        f"customer_text: Value error, {expected}",
    ]


def test_a_hold_of_the_close_calendar_has_a_beginning_and_an_end_of_its_own_clock() -> None:
    """And names company codes of the file."""
    hold = "\n[[close_calendar]]\nhold_from = 2026-12-03\nhold_until = 2026-12-01T06:00:00\n"
    aware = "\n[[close_calendar]]\nhold_from = 2026-12-01\nhold_until = 2026-12-03T06:00:00Z\n"
    errors = errors_of(MAPPING + hold + 'company_codes = ["2000"]\n' + aware)
    assert [error.split(": ", 1)[1].split(", ", 1)[-1] for error in errors] == [
        "close_calendar[0].hold_until: expected a time after 2026-12-03 00:00:00",
        "close_calendar[0].company_codes: 2000 is no company code of this file",
        "close_calendar[1].hold_until: expected a time without offset: it is the company code's own",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("refunds.alert_hours = 1e99999999", "1e99999999 is no number that can be counted with"),
        ("refunds.alert_hours = 1e99999999999999999999", "is no number that can be counted with"),
        (f"refunds.alert_hours = {'9' * 5000}", "no TOML: Exceeds the limit"),
        (f"a = {'[' * 10_000}", "values stand too deep in others"),
        (f"a{'.a' * 5000} = 1", "values stand too deep in others"),
    ],
)
def test_no_text_exhausts_who_reads_it(line: str, expected: str) -> None:
    """Time, memory and stack stay bounded; the mistake is told as any other."""
    [error] = errors_of(f"{line}\n{MAPPING}")
    assert expected in error


@pytest.mark.parametrize("place", ["{order:s}", "{order:>2000000000}", "{order!r}", "{order.real}", "{}", "{store[0]}"])
def test_a_place_in_a_text_is_nothing_but_its_name(place: str) -> None:
    """A form that fits no number would fail each posting, a width would fill the memory."""
    [error] = errors_of(f'{MAPPING}\n[[documents]]\nheader_text = "{place}"\n')
    assert "no other places than {order}, {store} and {external_order}" in error
    [error] = errors_of(f'{MAPPING}\n[[documents]]\nitem_text = "{place}"\n')
    assert "no other places than {sku}, {name} and {order}" in error


def test_a_tax_by_jurisdiction_has_the_rate_of_its_levels() -> None:
    """And stands on no liability account; the jurisdiction is one of the file's."""
    rule = '[[taxes]]\ncountries = ["US"]\nregions = ["Texas"]\ntax_code = "O1"\nrate = 8.25\njurisdiction = "TX4"\n'
    codes = '[tax_codes.O1]\ncondition_key = "JR1"\naccount_key = "MWS"\n'
    place = (
        '[jurisdictions.TX4]\nlevels = [{ jurisdiction = "TX0", rate = 6.25 }, { jurisdiction = "TX4", rate = 2 }]\n'
    )
    good = MAPPING + rule + codes + place
    exempt = good.replace("rate = 8.25", 'rate = 0\nreason = "zero_rated"')
    assert all(load_mapping(text, "shop.toml").file.jurisdictions for text in (good, exempt))
    [error] = errors_of(good.replace("rate = 8.25\n", ""))
    assert error.endswith("taxes[3].rate: expected 8.25, what the levels of TX4 add up to, or 0")
    wrong = good.replace('jurisdiction = "TX4"\n[', 'jurisdiction = "TX5"\nliability_account = "1"\n[')
    assert [error.partition(", ")[2] for error in errors_of(wrong)] == [
        "taxes[3].jurisdiction: stands beside liability_account; a tax is posted one way or the other",
        "taxes[3].jurisdiction: TX5 is not among [jurisdictions]; add [jurisdictions.TX5]",
    ]


def test_a_purchase_order_is_shortened_as_a_payments_key_is() -> None:
    """And stands nowhere a shipment would take it away; only where companies are spoken of at all."""
    wrong = '[companies.purchase_order]\nmatch_rule = "before"\nmatch_length = 4\n'
    assert [error.partition(": ")[2] for error in errors_of(MAPPING + wrong)] == [
        'line 62, companies.purchase_order.match_separator: expected with match_rule = "before", and with no other',
        'line 64, companies.purchase_order.match_length: expected with match_rule = "last" or "hash" only',
    ]
    tracked = '[shipments]\nfields = { XREF3 = "{tracking}" }\n'
    load_mapping(MAPPING + tracked, "shop.toml")
    [error] = errors_of(MAPPING + tracked + "[companies]\n")
    assert "companies.purchase_order.match_field: [shipments] fields change XREF3" in error
    elsewhere = '[companies.purchase_order]\nmatch_field = "payment_reference"\n'
    load_mapping(MAPPING + tracked + elsewhere, "shop.toml")
