"""Every way in which a provider's file and the store disagree has its cause, amount and place in the file."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from mlconnector_relay.tieout.amounts import spelled
from mlconnector_relay.tieout.causes import CAUSES
from mlconnector_relay.tieout.compare import Difference
from mlconnector_relay.tieout.provider import Moved, compare_settlement
from mlconnector_relay.tieout.provider_file import Settled, read_settlement
from mlconnector_relay.tieout.provider_form import Columns, ProviderForm, read_form

ROOT = Path(__file__).parents[4]
FIRST, DAY, LAST = date(2026, 3, 1), date(2026, 3, 10), date(2026, 3, 31)
COLUMNS = Columns(id="id", kind="type", amount="gross", currency="currency", date="date")
FORM = ProviderForm(gateways=("Stripe",), columns=COLUMNS, kinds={"payment": ("charge",)})
PAYMENT = Moved("abc", 7, DAY, "EUR", 11900, "stripe", "ch_1")
BACK = Moved("abc", 7, DAY, "EUR", -1900, "stripe", "re_1", "ch_1")
ROW = Settled(2, "payment", "ch_1", "", DAY, "EUR", 11900, 0, "EUR")
REFUND = replace(ROW, line=3, kind="refund", id="re_1", amount=-1900)


def told(moved: list[Moved], settled: list[Settled]) -> list[tuple[str, int, str, str]]:
    found: list[Difference] = compare_settlement(moved, settled, FORM, FIRST, LAST)
    return [(one.cause, one.amount, one.what, one.detail) for one in found]


def test_a_file_that_agrees_has_no_difference() -> None:
    """Payments, captures in parts, refunds by their own id, by the payment's, and other gateways' money."""
    part = replace(PAYMENT, amount=1100)
    assert told([PAYMENT, BACK], [ROW, REFUND]) == []
    assert told([PAYMENT, part], [ROW, replace(ROW, line=4, amount=1100)]) == []
    # The row's id is the payment's, and stands for all its refunds.
    assert told([PAYMENT, BACK, replace(BACK, id="re_2")], [ROW, replace(REFUND, id="ch_1", amount=-3800)]) == []
    # The row's id is unknown to the store, which knows the payment; the amount says which of its refunds.
    named = replace(REFUND, id="x", original="ch_1")
    assert told([PAYMENT, replace(BACK, amount=-500), BACK], [ROW, named, replace(named, id="y", amount=-500)]) == []
    assert told([PAYMENT, BACK, replace(BACK, id="re_2")], [ROW, named, replace(named, id="y")]) == []
    assert told([replace(PAYMENT, gateway="paypal")], []) == []


def test_a_refund_the_store_knows_by_its_id_is_nobody_elses() -> None:
    """Also where another refund of the same payment stands before it in the file."""
    stranger = replace(REFUND, line=3, id="x", original="ch_1", amount=-500)
    assert told([PAYMENT, BACK], [ROW, stranger, replace(REFUND, line=4)]) == [
        ("refund_at_provider", -500, "refund x", "line 3: -5.00 EUR")
    ]


def test_the_first_and_the_last_day_belong_to_the_days() -> None:
    """And the day from which on a payment may be in the next file does not belong to those before."""
    days = [FIRST, date(2026, 3, 24), date(2026, 3, 25), LAST]
    moved = [replace(PAYMENT, day=day, currency="JPY", amount=1) for day in days]
    found = compare_settlement(moved, [], FORM, FIRST, LAST)
    assert [(one.cause, one.day, one.currency, one.what.split()[0]) for one in found] == [
        ("not_settled", days[0], "JPY", "payment"),
        ("not_settled", days[1], "JPY", "payment"),
        ("settles_later", days[2], "JPY", "payment"),
        ("settles_later", days[3], "JPY", "payment"),
    ]
    known = replace(ROW, currency="JPY", amount=1, payout_currency="JPY")
    assert compare_settlement(moved[:1], [known], FORM, FIRST, LAST) == []


def test_a_refund_that_failed_takes_itself_back() -> None:
    """Two rows of nothing."""
    assert told([], [REFUND, replace(REFUND, line=4, amount=1900)]) == []


def test_what_the_store_does_not_know_is_told_with_its_line() -> None:
    """A payment, a refund."""
    assert told([], [ROW, REFUND, replace(REFUND, line=9)]) == [
        ("refund_at_provider", -3800, "refund re_1", "lines 3, 9: -38.00 EUR"),
        ("settled_unknown", 11900, "payment ch_1", "line 2: 119.00 EUR"),
    ]


def test_another_amount_or_currency_is_told_with_the_order() -> None:
    """Amounts of two currencies are never subtracted."""
    what = "payment ch_1 of order 7 of abc"
    assert told([PAYMENT], [replace(ROW, amount=11800)]) == [
        ("settled_differs", -100, what, "line 2: 118.00 EUR, the store has 119.00 EUR")
    ]
    yen = replace(ROW, currency="JPY", amount=20000, payout_currency="JPY")
    [foreign] = compare_settlement([PAYMENT], [yen], FORM, FIRST, LAST)
    assert (foreign.day, foreign.currency) == (DAY, "JPY")
    assert told([PAYMENT], [yen]) == [
        ("settled_in_other_currency", 20000, what, "line 2: 20000 JPY, the store has 119.00 EUR")
    ]
    back = replace(REFUND, id="x", original="ch_1", amount=-1000)
    assert told([PAYMENT, BACK], [ROW, back]) == [
        ("settled_differs", 900, "refund x of order 7 of abc", "line 3: -10.00 EUR, the store has -19.00 EUR")
    ]


def test_a_payout_in_another_currency_is_told_once_a_day() -> None:
    """The shopper paid euros, the bank gets dollars."""
    rows = [replace(ROW, line=line, id=f"ch_{line}", payout_currency="USD") for line in range(2, 7)]
    moved = [replace(PAYMENT, id=row.id) for row in rows]
    assert told(moved, rows) == [
        ("settled_in_other_currency", 5 * 11900, "EUR paid out in USD", "lines 2, 3, 4 and 2 more")
    ]


def test_disputes_name_the_order_where_it_is_known() -> None:
    """By the payment they are about; one without an id of its own is called by its payment's, once."""
    dispute = replace(ROW, line=5, kind="dispute", id="dp_1", original="ch_1", amount=-11900)
    more = replace(dispute, line=7, id="dp_3", original="ch_9")
    assert told([PAYMENT], [ROW, dispute, replace(dispute, line=6, id="dp_2", original=""), more]) == [
        ("dispute", -11900, "dispute dp_1 of order 7 of abc", "line 5: -119.00 EUR"),
        ("dispute", -11900, "dispute dp_2", "line 6: -119.00 EUR"),
        ("dispute", -11900, "dispute dp_3 of payment ch_9", "line 7: -119.00 EUR"),
    ]


def test_fees_add_up_by_day() -> None:
    """What was kept of payments and what was charged by itself; given back, they are less."""
    fee = replace(ROW, line=8, kind="fee", id="", amount=-1000)
    assert told([PAYMENT, BACK], [replace(ROW, fee=350), replace(REFUND, fee=-50), fee]) == [
        ("fee", -1300, "fees of the provider", "lines 2, 3, 8")
    ]
    found = compare_settlement([PAYMENT], [replace(ROW, fee=350, payout_currency="USD")], FORM, FIRST, LAST)
    assert [(one.cause, one.currency, one.amount) for one in found] == [
        ("settled_in_other_currency", "EUR", 11900),
        ("fee", "USD", -350),
    ]


def test_what_the_provider_does_not_know_is_told() -> None:
    """The last days' may be in its next file; older money is looked for only in what was settled."""
    late = replace(PAYMENT, day=date(2026, 3, 25), id="")
    early = replace(PAYMENT, day=date(2026, 2, 28))
    assert told([PAYMENT, BACK, late, early], []) == [
        ("not_settled", -11900, "payment ch_1 of order 7 of abc", "119.00 EUR through stripe, not in the file"),
        ("not_settled", 1900, "refund re_1 of order 7 of abc", "19.00 EUR through stripe, not in the file"),
        (
            "settles_later",
            -11900,
            "payment without an id of order 7 of abc",
            "119.00 EUR through stripe, not in the file",
        ),
    ]


def test_the_documented_example_is_what_comes_out() -> None:
    """Its rows, read by the example's columns, against its orders."""
    page = (ROOT / "docs/howto/reconcile.md").read_text("utf-8").partition("**Which column says what**")[2]
    page = page.partition("\n- `id` must be")[0]
    rows, shown = (
        [line[4:] for line in block.splitlines() if line.startswith("    ")] for block in page.split("\nand a")[:2]
    )
    example = ROOT / "deploy/relay/stripe.example.toml"
    form = read_form(example.read_text("utf-8"), str(example))
    moved = [
        Moved("abc123", 7, DAY, "EUR", 11900, "stripe", "ch_1"),
        Moved("abc123", 7, date(2026, 3, 11), "EUR", -1900, "stripe", "re_1", "ch_1"),
        Moved("abc123", 8, date(2026, 2, 20), "EUR", 3000, "stripe", "ch_2"),
        Moved("abc123", 9, date(2026, 3, 9), "EUR", 1000, "stripe", "ch_3"),
    ]
    found = compare_settlement(moved, read_settlement("\n".join(rows), "march.csv", form), form, FIRST, LAST)

    found.sort(key=lambda one: (one.day, one.what))
    assert len(found) == len(shown) - 1
    for one, line in zip(found, shown[1:], strict=True):
        words = (str(one.day), one.currency, spelled(one.amount, one.currency), one.cause)
        assert line.split()[:4] == list(words)
        assert f"  {one.what}  " in line
        assert line.endswith(f"  {one.detail}")
        assert line.split()[4] == ("yes" if CAUSES[one.cause].wrong else "no")
