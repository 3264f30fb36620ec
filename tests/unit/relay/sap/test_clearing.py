"""A gateway's clearing account by the most specific rule, and the provider's id by a rule that SAP's field can hold."""

import pytest
from mlconnector_relay.sap.clearing import MATCH_FIELDS, clearing_of, example_id, example_number, match_key, matching
from mlconnector_relay.sap.company_rules import PurchaseOrders
from mlconnector_relay.sap.mapping import MappingInvalid, load_mapping
from mlconnector_relay.sap.mapping_file import Clearing
from mlconnector_relay.sap.values import Gap

from tests.support.mappings import MAPPING, a_mapping

SQUARE = "R2B3Z8WMVt3EAmzYWLZvz7Y69EbZYzWYwgqmqVqKgxnJvYxyz"
RULES = """
[[clearing]]
gl_account = "113900"
[[clearing]]
gateways = ["Stripe"]
gl_account = "113100"
[[clearing]]
gateways = ["stripe"]
currencies = ["USD"]
gl_account = "113101"
[[clearing]]
currencies = ["JPY"]
gl_account = "113102"
[[clearing]]
company_codes = ["1000"]
gl_account = "113103"
"""
KEY = "clearing:gateway=stripe,currency=EUR,company_code=1000"


def account(gateway: str, currency: str, company_code: str = "2000", rules: str = RULES) -> str:
    """Return the account, or the key of the gap."""
    found = clearing_of(a_mapping(more=rules).file, gateway, currency, company_code)
    return found.key if isinstance(found, Gap) else found.gl_account


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("stripe", "EUR"), "113100"),
        (("STRIPE", "USD"), "113101"),
        (("stripe", "JPY"), "113100"),
        (("paypal", "JPY"), "113102"),
        (("paypal", "EUR"), "113900"),
        (("paypal", "EUR", "1000"), "113103"),
        (("", "EUR"), "113900"),
    ],
)
def test_the_gateway_weighs_more_than_currency_and_company_code(asked: tuple[str, ...], expected: str) -> None:
    """And a rule without selectors is the default."""
    assert account(*asked) == expected


def test_what_no_rule_fits_is_a_gap_that_a_mapping_cures() -> None:
    """With the gateway in its key."""
    assert account("stripe", "EUR", "1000", "") == KEY
    assert not a_mapping().cures(KEY)
    assert a_mapping(more=RULES).cures(KEY)


def test_a_tie_names_both_rules() -> None:
    """A file that could never choose is refused; what only meets in one payment is told there."""
    twice = '[[clearing]]\ngateways = ["a"]\ngl_account = "1"\n[[clearing]]\ngateways = ["a", "b"]\ngl_account = "2"\n'
    with pytest.raises(MappingInvalid, match=r"ties with clearing\[0\]"):
        load_mapping(MAPPING + twice, "x")
    file = a_mapping().file
    both = (Clearing(gateways=("a",), gl_account="1"), Clearing(gateways=("a", "b"), gl_account="2"))
    found = clearing_of(file.model_copy(update={"clearing": both}), "a", "EUR", "1000")
    assert isinstance(found, Gap)
    assert "clearing[0] and clearing[1] both fit" in found.sentence


@pytest.mark.parametrize(
    ("rule", "full", "expected"),
    [
        ({}, "pi_3Nx", "pi_3Nx"),
        ({}, SQUARE, None),
        ({"match_field": "text"}, SQUARE, SQUARE),
        ({"match_rule": "last"}, SQUARE, SQUARE[-20:]),
        ({"match_rule": "last", "match_length": 6}, SQUARE, SQUARE[-6:]),
        ({"match_rule": "last", "match_field": "assignment", "match_length": 40}, SQUARE, SQUARE[-18:]),
        ({"match_rule": "before", "match_separator": "_"}, "4711_secret", "4711"),
        ({"match_rule": "before", "match_separator": "_"}, "4711", "4711"),
        ({"match_rule": "hash", "match_length": 12}, "pi_3Nx", "3C9DB0D0B1D1"),
        ({"match_rule": "hash"}, "", "E3B0C44298FC1C149AFB"),
    ],
)
def test_the_id_is_shortened_by_rule_or_not_at_all(rule: dict[str, object], full: str, expected: str | None) -> None:
    """Never by SAP, which would cut it."""
    found = match_key(full, Clearing(gl_account="1", **rule))
    if rule.get("match_rule") == "hash" and full:
        assert found is not None
        assert len(found) == 12
        assert set(found) <= set("0123456789ABCDEF")
        return
    assert found == expected


@pytest.mark.parametrize(
    ("rule", "said", "key"),
    [
        ({}, "the whole id in reference_key_3 (REF_KEY_3, 20 characters)", None),
        (
            {"match_rule": "before", "match_separator": "::", "match_field": "assignment"},
            "what stands before '::' in assignment (ALLOC_NMBR, 18 characters)",
            "R2B3Z8WMVt3EAmzY",
        ),
        (
            {"match_rule": "last", "match_length": 6, "match_field": "payment_reference"},
            "its last 6 characters in payment_reference (PAYMT_REF, 30 characters)",
            "nJvYxy",
        ),
        (
            {"match_rule": "hash", "match_field": "text", "match_length": 12},
            "the first 12 digits of its SHA-256 in text (ITEM_TEXT, 50 characters)",
            "330EE7617496",
        ),
    ],
)
def test_people_see_what_becomes_of_the_longest_id(rule: dict[str, object], said: str, key: str | None) -> None:
    """In words, and of an example that is as long as ids come."""
    made = Clearing(gl_account="1", **rule)
    example = example_id(made)
    assert len(example) == 49
    assert matching(made) == said
    assert match_key(example, made) == key


def test_every_key_fits_its_field() -> None:
    """Shortened to the field's length where the rule names none."""
    for name, (_, room) in MATCH_FIELDS.items():
        for how in ("last", "hash"):
            found = match_key(SQUARE * 2, Clearing(gl_account="1", match_field=name, match_rule=how))
            assert found is not None
            assert len(found) == min(room, 64)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ('match_rule = "before"', 'expected with match_rule = "before", and with no other'),
        ('match_separator = "_"', 'expected with match_rule = "before", and with no other'),
        ("match_length = 5", 'expected with match_rule = "last" or "hash" only'),
    ],
)
def test_a_rule_that_says_less_than_it_needs_is_refused(rule: str, sentence: str) -> None:
    """With its line."""
    with pytest.raises(MappingInvalid) as caught:
        load_mapping(f'{MAPPING}\n[[clearing]]\ngl_account = "1"\n{rule}\n', "x")
    assert sentence in caught.value.errors[0]


def test_a_purchase_order_number_is_shown_by_an_example_too() -> None:
    """With the separator of its rule, so that what stands before it is seen."""
    made = PurchaseOrders(match_field="reference_key_2", match_rule="before", match_separator="/")
    assert matching(made, "number") == "what stands before '/' in reference_key_2 (REF_KEY_2, 12 characters)"
    assert (example_number(made), match_key(example_number(made), made)) == ("PO-2026/0004711", "PO-2026")
    assert matching(PurchaseOrders(), "number").startswith("the whole number in reference_key_3")
