"""Another mapping is compared with the one in force over real orders: lines, sums, and who parks or is released."""

from decimal import Decimal

from mlconnector_relay.reconcile.preview import Place, Preview, preview
from mlconnector_relay.sap.mapping import Mapping

from tests.support.mappings import STORE, a_mapping, without
from tests.support.orders import Charge, Line, an_order, revised

HEAD = ("1000", "DR", "EUR")
OTHER = ('gl_account = "800000"', 'gl_account = "800005"')
NO_DEFAULT = ('[[accounts]]\ngl_account = "800900"\ncost_center = "4100"\n', "")
OWN_TENDERS = ('language = "DE"', 'language = "DE"\ntenders = "own_document"')


def place(account: str, cost_center: str, code: str) -> Place:
    return Place(*HEAD, account, cost_center, "", "", "", code)


def compared(candidate: Mapping, *orders: object, in_force: Mapping | None = None) -> Preview:
    """Compare the tests' mapping with another."""
    return preview(((order, STORE, in_force or a_mapping()) for order in orders), candidate)  # type: ignore[misc]


def test_a_mapping_that_changes_nothing_shows_no_order() -> None:
    """The sums are told all the same: they are what is looked at."""
    found = compared(a_mapping(more="[refunds]\nalert_hours = 12\n"), an_order(Line("119.00")))
    assert (found.orders, found.counts) == ([], {"same": 1})
    assert found.sums == {
        place("800000", "4200", "A1"): (Decimal("-100.00"), Decimal("-100.00")),
        place("tax", "", "A1"): (Decimal("-19.00"), Decimal("-19.00")),
    }


def test_a_changed_account_is_shown_per_order_and_in_sums() -> None:
    """Debits positive; places that stay the same are left out of the order, not of the sums."""
    order = an_order(Line("119.00"), Line("11.90", categories=(22,), product_id=112))
    found = compared(a_mapping(OTHER), order, order)
    assert found.counts == {"changed": 2}
    one, _ = found.orders
    assert (one.order_id, one.effect, one.before == one.after) == (order.order.id, "changed", True)
    assert one.amounts == {
        place("800000", "4200", "A1"): (Decimal("-100.00"), Decimal(0)),
        place("800005", "4200", "A1"): (Decimal(0), Decimal("-100.00")),
    }
    assert found.sums[place("800000", "4200", "A1")] == (Decimal("-200.00"), Decimal(0))
    assert found.sums[place("800100", "PACK", "A1")] == (Decimal("-20.00"), Decimal("-20.00"))


def test_orders_that_would_park_or_be_released_say_why() -> None:
    """A rule that is taken away, a rule that is added; one that stays parked shows where its reason changes."""
    order = an_order(Line("119.00", categories=(77,)))
    parks = compared(a_mapping(NO_DEFAULT), order)
    assert parks.counts == {"newly parked": 1}
    assert "no account for category 77" in parks.orders[0].after
    assert parks.orders[0].before == "posts 119.00 EUR as DR in 1000"
    released = compared(a_mapping(), order, in_force=a_mapping(NO_DEFAULT))
    assert [one.effect for one in released.orders] == ["released"]
    assert released.sums[place("800900", "4100", "A1")] == (Decimal(0), Decimal("-100.00"))
    still = compared(a_mapping(NO_DEFAULT), order, in_force=a_mapping(NO_DEFAULT))
    assert (still.orders, still.counts) == ([], {"still parked": 1})
    two = an_order(Line("119.00", categories=(77,)), shipping=Charge("5.95"))
    freight = without('freight = { gl_account = "808000", cost_center = "4900" }')
    reason = compared(a_mapping(NO_DEFAULT, freight), two, in_force=a_mapping(NO_DEFAULT))
    assert [one.effect for one in reason.orders] == ["still parked"]


def test_orders_that_would_no_longer_be_posted_are_told() -> None:
    """By status, or because they are not ours; skipped by both they change nothing."""
    order = revised(an_order(Line("119.00")), external_source="M-X", payment_status="authorized")
    waits = compared(a_mapping(more="[status]\npost = [2]\n"), order)
    assert (waits.counts, waits.orders[0].after) == ({"newly waiting": 1}, "waits")
    skip = '[skip]\nexternal_sources = ["M-X"]\n'
    skipped = compared(a_mapping(more=skip), order)
    assert skipped.counts == {"newly skipped": 1}
    assert skipped.orders[0].after.startswith("skipped: imported")
    both = compared(a_mapping(more=skip), order, in_force=a_mapping(more=skip))
    assert both.counts == {"same": 1}


def test_what_a_document_carries_beside_amounts_is_a_change_too() -> None:
    """Such as its terms of payment, though no account changes; tenders in a document of their own count with it."""
    terms = a_mapping(('language = "DE"', 'language = "DE"\npayment_terms = "ZB30"'))
    found = compared(terms, an_order(Line("119.00")))
    assert [(one.effect, one.amounts) for one in found.orders] == [("changed", {})]
    paid = revised(an_order(Line("119.00")), store_credit_amount="19", total_inc_tax="119.00")
    apart = compared(a_mapping(OWN_TENDERS), paid)
    assert apart.orders[0].amounts == {
        place("176600", "", ""): (Decimal("19.00"), Decimal(0)),
        Place("1000", "DZ", "EUR", "176600", "", "", "", "", ""): (Decimal(0), Decimal("19.00")),
    }
