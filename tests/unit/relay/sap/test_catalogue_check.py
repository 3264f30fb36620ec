"""A mapping is asked for a whole catalog by day: what has no rule, and what two rules alike would stop at night."""

from mlconnector_relay.sap.catalogue_check import CatalogueProduct, check_catalogue
from mlconnector_relay.sap.facts import LineFacts
from mlconnector_relay.sap.findings import Finding

from tests.support.mappings import a_mapping

SHOES, SALE = (31, 30), (50,)
NO_DEFAULT = ('[[accounts]]\ngl_account = "800900"\ncost_center = "4100"\n', "")


def product(
    label: str = "SKU-1", *categories: tuple[int, ...], sku: str = "SKU-1", **facts: object
) -> CatalogueProduct:
    return CatalogueProduct(label, LineFacts("", tuple(sorted(categories)), sku=sku, **facts))  # type: ignore[arg-type]


def rule(*selectors: str, account: str = "800700") -> str:
    return "\n".join(["[[accounts]]", *selectors, f'gl_account = "{account}"', 'cost_center = "4100"', ""])


def check(rules: str, *products: CatalogueProduct, store: str = "abc123", default: bool = False) -> list[Finding]:
    return check_catalogue(a_mapping(*(() if default else (NO_DEFAULT,)), more=rules), store, products)


def test_a_product_with_one_rule_is_no_finding() -> None:
    """By its category's ancestor, its SKU, or the default."""
    rules = rule("categories = [30]") + rule('skus = ["GC-*"]')
    assert check(rules, product("a", SHOES), product("b", sku="gc-7")) == []
    assert check("", product("a", (99,)), default=True) == []


def test_products_without_a_rule_are_told_together_with_what_to_add() -> None:
    """Once for all that no rule tells apart; five are named, all are counted."""
    products = [product(str(number), (34,), sku=f"S-{number}") for number in range(7)]
    (finding,) = check("", *products)
    assert (finding.severity, finding.count, finding.examples) == ("error", 7, ("0", "1", "2", "3", "4"))
    assert finding.sentence == (
        "no account for category 34, company code 1000; add an [[accounts]] rule or a default without selectors"
    )


def test_shoes_and_sale_is_found_by_day() -> None:
    """Two rules that are both named, with what decides; the same product under one rule more specific is none."""
    rules = rule("categories = [31]") + rule("categories = [50]", account="800800")
    (finding,) = check(rules, product("Boots", SHOES, SALE), product("Pumps", SHOES))
    assert (finding.severity, finding.examples) == ("error", ("Boots",))
    assert "accounts[2] and accounts[3] both fit" in finding.sentence
    assert finding.sentence.endswith("give one of them a priority")
    assert check(rules + rule('skus = ["SKU-1"]'), product("Boots", SHOES, SALE)) == []
    assert check(rules.replace("[50]", "[50]\npriority = 1"), product("Boots", SHOES, SALE)) == []


def test_a_tie_that_only_some_orders_reach_comes_with_such_an_order() -> None:
    """Both rules select on the customer's group, too: without an order nobody would see it."""
    both = "customer_groups = [2, 3]", 'regions = ["BAYERN"]', 'countries = ["DE"]'
    other = "customer_groups = [3, 4]", 'regions = ["Bayern"]', 'countries = ["DE"]'
    rules = rule("categories = [31]", *both) + rule("categories = [50]", *other)
    (finding,) = check(rules, product("Boots", SHOES, SALE), default=True)
    assert "accounts[3] and accounts[4] both fit" in finding.sentence
    assert finding.sentence.endswith("(an order with customer_group 3, country DE, region BAYERN)")


def test_rules_that_no_order_fits_together_are_no_tie() -> None:
    """Other groups, other priorities, or a third rule that beats both."""
    first = rule("categories = [31]", "customer_groups = [2]")
    second = rule("categories = [50]", "customer_groups = [3]")
    assert check(first + second, product("Boots", SHOES, SALE), default=True) == []
    same = rule("categories = [50]", "customer_groups = [2]")
    assert check(first + same.replace("[2]", "[2]\npriority = 1"), product("Boots", SHOES, SALE), default=True) == []
    third = rule('skus = ["SKU-*"]', "customer_groups = [2]")
    assert check(first + same + third, product("Boots", SHOES, SALE), default=True) == []


def test_segments_are_tried_as_a_customers() -> None:
    """A customer has several; an example has the one both rules name."""
    rules = "".join(rule(f"categories = [{category}]", 'segments = ["gold"]') for category in (31, 50))
    (finding,) = check(rules, product("Boots", SHOES, SALE), default=True)
    assert finding.sentence.endswith("(an order with segments ('gold',))")


def test_a_product_that_only_some_orders_find_a_rule_for_is_a_warning() -> None:
    """Whether other orders exist is for people to know."""
    (finding,) = check(rule("categories = [31]", 'countries = ["DE"]'), product("Boots", SHOES))
    assert finding.severity == "warning"
    assert finding.sentence == (
        "no account for category 31 > 30, company code 1000 unless the order fits accounts[2]; "
        "add a rule that fits every other order"
    )


def test_errors_come_before_warnings_and_every_company_code_of_the_store_is_asked() -> None:
    """A rule may be for one company code only; one that serves other stores is not asked."""
    other = '[[company_codes]]\ncompany_code = "2000"\nstores = ["{}"]\none_time_customer = "99000"\n'
    rules = rule("categories = [31]", 'company_codes = ["1000"]')
    rules += rule("categories = [50]", 'countries = ["DE"]')
    products = (product("Hat", SALE), product("Boots", SHOES))
    found = check(other.format("abc123") + rules, *products)
    assert [(one.severity, "2000" in one.sentence) for one in found] == [
        ("error", True),
        ("warning", False),
        ("warning", True),
    ]
    assert [one.severity for one in check(other.format("else") + rules, *products)] == ["warning"]
