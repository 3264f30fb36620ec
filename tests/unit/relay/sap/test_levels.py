"""A tax by jurisdiction ends at zero for every authority, however it is taken back."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlconnector_relay.reconcile.plan import Owe, Park
from mlconnector_relay.sap.currency import from_minor
from mlconnector_relay.sap.document import later_document
from mlconnector_relay.sap.draft import draft_of
from mlconnector_relay.sap.explanation import explanation
from mlconnector_relay.sap.frozen import Frozen, FrozenLine, Shared, frozen_text, read_frozen
from mlconnector_relay.sap.levels import taking_back
from mlconnector_relay.sap.reference import Kind, StepId
from mlconnector_relay.sap.remaining import left_of, units_of
from mlconnector_relay.sap.splitting import split
from mlconnector_relay.sap.targets import Accounts, TaxCode, TaxLevel
from mlconnector_relay.sap.values import Built

from tests.support.lives import Life, a_refund, an_item
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Line, an_order

DALLAS = """
[tax_codes.O1]
condition_key = "JR1"
account_key = "MWS"
[jurisdictions.TX45301000]
levels = [
    { jurisdiction = "TX00000000", rate = 6.25 },
    { jurisdiction = "TX45300000", rate = 0.5 },
    { jurisdiction = "TX45301000", rate = 1.5 },
]
"""
TEXAS = ('rate = 19\ntax_code = "A1"', 'rate = 8.25\ntax_code = "O1"\njurisdiction = "TX45301000"')
LAMPS = an_order(Line("1.09", 12, rate="8.25"), Line("21.65", rate="8.25", product_id=112), currency="USD")
"""Twelve lamps and a shade, 34.73 with 2.65 of tax: 2.01, 0.16 and 0.48."""


def dallas(order: Any = LAMPS) -> Life:
    """Return an order that Dallas taxes, posted."""
    life = Life(order, a_mapping(TEXAS, more=DALLAS))
    life.post()
    return life


def balances(life: Life) -> dict[str, tuple[Decimal, Decimal]]:
    """Return tax and base of each authority by now; of those at zero nothing."""
    sums: Counter[tuple[str, str]] = Counter()
    for line in (line for document in life.documents for line in document.lines if line.base is not None):
        sums[line.text, "tax"] += line.amount  # type: ignore[assignment]
        sums[line.text, "base"] += line.base  # type: ignore[operator]
    return {
        text: (Decimal(sums[text, "tax"]), Decimal(sums[text, "base"]))
        for text in {text for text, _ in sums}
        if sums[text, "tax"] or sums[text, "base"]
    }


def taxes(frozen: Frozen) -> list[str]:
    """Return the tax items of a document."""
    return [str(from_minor(one.tax, frozen.places)) for one in draft_of(frozen).taxes]


def piece(number: int) -> dict[str, Any]:
    """Return the refund of one lamp at 1.09, 0.08 of it tax."""
    return a_refund(number, "1.09", "0.08", an_item("PRODUCT", 61, "1.09", 1))


def test_each_refund_takes_from_what_is_left_of_each_level() -> None:
    """By rate each of twelve lamps would take 0.01 of the county, 0.12 of its 0.16 for 13.08 of 34.73."""
    life = dallas()
    assert taxes(life.entries[0].facts) == ["2.01", "0.16", "0.48"]
    found = []
    for number in range(1, 13):
        life.parts(refunds=[piece(one) for one in range(1, number + 1)])
        found.append(tuple(taxes(life.post().facts)))
    assert found[:3] == [("-0.06", "-0.01", "-0.01"), ("-0.06", "-0.01", "-0.01"), ("-0.06", "0.00", "-0.02")]
    assert sum(Decimal(county) for _, county, _ in found) == Decimal("-0.07")
    life.now(status_id=5, date_modified=PLACED + timedelta(days=3)).settle()
    assert balances(life) == life.books() == {}


def test_what_was_planned_before_takes_what_it_was_to_take() -> None:
    """Such as the second part of a long document, which is built without what it takes back from."""
    life = dallas()
    life.parts(refunds=[piece(1), piece(2), piece(3)]).settle()
    planned = life.documents[-1].facts
    assert planned.shared
    step = StepId("acme", "abc123", 1000123, Kind.REFUND, 3, 2)
    again = later_document(planned, life.snapshot, life.mapping, life.store, step)
    assert isinstance(again, Built)
    assert again.facts.shared == planned.shared


def test_each_edit_takes_from_what_is_left_of_each_level() -> None:
    """Of six lamps taken out one after the other the last would take 0.01 of the county by its rate."""
    life = Life(LAMPS, a_mapping(TEXAS, ('language = "DE"', 'language = "DE"\non_edit = "supplement"'), more=DALLAS))
    life.post()
    found = []
    for days in range(1, 7):
        fewer = Line("1.09", 12 - days, rate="8.25")
        life.snapshot = an_order(fewer, Line("21.65", rate="8.25", product_id=112), currency="USD")
        life.now(date_modified=PLACED + timedelta(days=days))
        found.append(tuple(taxes(life.post().facts)))
    assert found[0] == ("-0.07", "0.00", "-0.02")
    assert found[5] == ("-0.06", "0.00", "-0.02")


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(
    prices=st.lists(st.tuples(st.integers(1, 4000), st.integers(1, 6)), min_size=1, max_size=3),
    taken=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 6), st.integers(0, 100)), max_size=8),
    by_refunds=st.booleans(),
)
def test_whatever_is_given_back_in_parts_every_level_ends_at_zero(
    prices: list[tuple[int, int]], taken: list[tuple[int, int, int]], *, by_refunds: bool
) -> None:
    """Pieces, and parts of their price, until nothing is left: no level, no code and no base keeps a cent."""
    lines = [
        Line(f"{cents / 100:.2f}", pieces, rate="8.25", product_id=111 + place)
        for place, (cents, pieces) in enumerate(prices)
    ]
    order = an_order(*lines, currency="USD")
    if order.order.total_inc_tax < 1:
        return
    life = dallas(order)
    refunds: list[dict[str, Any]] = []

    def give_back(place: int, quantity: int, percent: int) -> None:
        left = left_of([entry.facts for entry in life.entries])[place]
        quantity = min(quantity, left.rest.quantity)
        if not quantity:
            return
        whole = units_of(left, quantity)
        gross, tax = whole.gross * percent // 100, whole.tax * percent // 100
        total = f"{gross / 100:.2f}"
        item = an_item("PRODUCT", 61 + place, total, quantity)
        refunds.append(a_refund(len(refunds) + 1, total, f"{tax / 100:.2f}", item))
        life.parts(refunds=list(refunds))
        if isinstance(life.plan(), Owe):
            life.post()
        else:
            refunds.pop()
            life.parts(refunds=list(refunds))

    for place, quantity, percent in taken:
        give_back(place % len(lines), quantity, percent)
        assert all(one.tax <= 0 for one in draft_of(life.entries[-1].facts).taxes) or not refunds
    for place in range(len(lines) if by_refunds else 0):
        give_back(place, 6, 100)
    if any(one.rest.gross for one in left_of([entry.facts for entry in life.entries])):
        life.now(status_id=5, date_modified=PLACED + timedelta(days=3)).settle()
    assert balances(life) == life.books() == {}


def test_what_is_declined_gives_each_authority_what_its_own_credit_memo_took() -> None:
    """The third refund took nothing of the county, whatever its rate: undone, it gives the county nothing."""
    life = dallas()
    life.parts(refunds=[piece(1), piece(2), piece(3)]).settle()
    memo = taxes(life.documents[-1].facts)
    payment = {"id": 30, "provider_id": "custom", "amount": "1.09", "is_declined": True}
    life.parts(refunds=[piece(1), piece(2), piece(3) | {"payments": [payment]}]).settle()
    assert (memo, taxes(life.documents[-1].facts)) == (["-0.06", "0.00", "-0.02"], ["0.06", "0.00", "0.02"])


def test_what_is_declined_goes_back_where_it_came_from() -> None:
    """As if it had never been refunded, for each authority: the third lamp took nothing of the county."""
    life = dallas()
    life.parts(refunds=[piece(1), piece(2)]).settle()
    before = balances(life)
    life.parts(refunds=[piece(1), piece(2), piece(3)]).settle()
    assert taxes(life.documents[-1].facts) == ["-0.06", "0.00", "-0.02"]
    declined = piece(3) | {"payments": [{"id": 30, "provider_id": "custom", "amount": "1.09", "is_declined": True}]}
    life.parts(refunds=[piece(1), piece(2), declined]).settle()
    assert taxes(life.documents[-1].facts) == ["0.06", "0.00", "0.02"]
    assert balances(life) == before


def code_of(*rates: str, place: str = "TX4") -> TaxCode:
    """Return the code of a jurisdiction by its levels' rates."""
    levels = tuple(TaxLevel(f"{place}-{at}", f"JR{at}", "MWS", Decimal(rate)) for at, rate in enumerate(rates, 1))
    return TaxCode("O1", "JR1", "MWS", "", "taxes[0]", "TX4", levels)


def of_lines(*lines: tuple[TaxCode, int, int], about: str = "order") -> Frozen:
    """Return a document of lines: code, net and tax."""
    accounts = Accounts("800000", "4200", "", "accounts[0]")
    rows = [
        FrozenLine("product", place, 0, "Lamp", net, net, tax, Decimal(8), accounts, code)
        for place, (code, net, tax) in enumerate(lines)
    ]
    return Frozen(about, "1000", "DR", "USD", 2, "20260305", "99000", None, "as stated", tuple(rows))


OLD, NEW = code_of("6", "2"), code_of("4", "4")
OTHER = code_of("6", "1", "1")


def test_lines_of_one_code_are_each_taxed_by_their_own_levels() -> None:
    """An authority's rate was changed between them: 8.00 are 6.00 and 2.00 on the one, 4.00 and 4.00 on the other."""
    both = of_lines((OLD, 10000, 800), (NEW, 10000, 800))
    assert taxes(both) == ["10.00", "6.00"]
    back = of_lines((OLD, -10000, -800), about="refund 1")
    assert taxes(taking_back(back, [both])) == ["-5.00", "-3.00"]
    rest = of_lines((NEW, -10000, -800), about="refund 2")
    assert taxes(taking_back(rest, [both, taking_back(back, [both])])) == ["-5.00", "-3.00"]


def test_a_changed_jurisdiction_posts_and_ends_at_zero() -> None:
    """A line at 8.5 % was added to an order whose lines are taxed at 8.25 %, then it was cancelled."""
    life = dallas(an_order(Line("129.85", rate="8.25"), currency="USD"))
    dearer = DALLAS.replace("rate = 1.5 ", "rate = 1.75 ")
    rule = (TEXAS[0], TEXAS[1].replace("8.25", "8.5"))
    life.mapping = a_mapping(rule, ('language = "DE"', 'language = "DE"\non_edit = "supplement"'), more=dearer)
    edited = an_order(Line("129.85", rate="8.25"), Line("10.85", rate="8.5", product_id=112), currency="USD")
    life.snapshot = edited
    life.now(date_modified=PLACED + timedelta(days=2)).settle()
    assert taxes(life.documents[-1].facts) == ["0.63", "0.05", "0.17"]
    life.now(status_id=5, date_modified=PLACED + timedelta(days=3)).settle()
    assert taxes(life.documents[-1].facts) == ["-8.13", "-0.65", "-1.97"]
    assert balances(life) == life.books() == {}


def test_other_authorities_of_one_code_are_posted_by_hand() -> None:
    """SAP knows a line's authorities by its code and jurisdiction alone: a new one is on the base of all lines."""
    life = dallas(an_order(Line("129.85", rate="8.25"), currency="USD"))
    more = DALLAS.replace("rate = 1.5 },", 'rate = 1.5 },\n    { jurisdiction = "TX45301999", rate = 0.25 },')
    rule = (TEXAS[0], TEXAS[1].replace("8.25", "8.5"))
    life.mapping = a_mapping(rule, ('language = "DE"', 'language = "DE"\non_edit = "supplement"'), more=more)
    life.snapshot = an_order(Line("129.85", rate="8.25"), Line("10.85", rate="8.5", product_id=112), currency="USD")
    life.now(date_modified=PLACED + timedelta(days=2)).settle()
    assert taxes(life.documents[-1].facts) == ["0.63", "0.05", "0.15", "0.02"]
    life.now(status_id=5, date_modified=PLACED + timedelta(days=3))
    found = life.plan()
    assert isinstance(found, Park)
    [cause] = found.causes
    assert cause.key == "refused:tax_levels"
    assert cause.sentence == (
        "the lines of O1 TX45301000 name different authorities, as its jurisdiction in the mapping has changed since: "
        "SAP has one tax item per level, on the base of all lines of a code; post this document by hand"
    )


def test_what_is_charged_more_is_shared_out_by_rate() -> None:
    """Also where more is taken back than is left, or nothing is."""
    order = of_lines((OLD, 10000, 800))
    assert taxes(taking_back(of_lines((NEW, 1000, 80)), [order])) == ["0.40", "0.40"]
    assert taxes(taking_back(of_lines((OLD, -20000, -1000)), [order])) == ["-7.50", "-2.50"]
    assert taxes(taking_back(of_lines((OTHER, -10000, -800)), [order])) == ["-6.00", "-1.00", "-1.00"]
    nothing = of_lines((OLD, 0, 0))
    assert taking_back(nothing, [order]) == nothing


def test_a_unit_on_the_other_side_stays_until_the_last() -> None:
    """As documents have left it that were posted before levels were followed."""
    order = replace(of_lines((OLD, 10000, 100)), shared=(Shared("O1 TX4", (101, -1)),))
    half = taking_back(of_lines((OLD, -5000, -50)), [order])
    assert taxes(half) == ["-0.50", "0.00"]
    rest = taking_back(of_lines((OLD, -5000, -50)), [order, half])
    assert taxes(rest) == ["-0.51", "0.01"]
    assert taxes(taking_back(of_lines((OLD, -9900, -99)), [order])) == ["-0.99", "0.00"]


def test_a_part_of_what_was_given_back_is_charged_again_by_what_each_authority_gave() -> None:
    """What is declined of a refund goes back where it came from, whatever the rates."""
    memo = replace(of_lines((OLD, -10000, -800), about="refund 1"), shared=(Shared("O1 TX4", (-700, -100)),))
    assert taxes(taking_back(of_lines((OLD, 5000, 400)), [memo])) == ["3.50", "0.50"]


def test_a_line_that_moves_to_other_rates_moves_its_tax_between_the_authorities() -> None:
    """In all it comes to nothing, so that nothing is taken back: each line is taxed by its own rates."""
    moved = of_lines((OLD, -10000, -800), (NEW, 10000, 800), about="edit")
    assert taxes(taking_back(moved, [of_lines((OLD, 10000, 800))])) == ["-2.00", "2.00"]


def test_parts_of_a_long_document_take_one_after_the_other() -> None:
    """Together they take what is left, and each is kept with what it takes."""
    order = replace(of_lines(*[(OLD, 100, 8)] * 1200), shared=(Shared("O1 TX4", (7000, 2600)),))
    back = taking_back(split(of_lines(*[(OLD, -100, -8)] * 1200)), [order])
    parts = [back, *back.following]
    sums = [sum(map(Decimal, part)) for part in zip(*(taxes(one) for one in parts), strict=True)]
    assert (len(parts), sums) == (2, [Decimal("-70.00"), Decimal("-26.00")])
    assert read_frozen(frozen_text(back)) == back
    *_, state, county = explanation(back)
    assert state.because[1] == "level 1 of TX4, TX4-1: shared out by what is left of each"
    assert (state.amount, county.amount) == (
        from_minor(-back.shared[0].taxes[0], 2),
        from_minor(-back.shared[0].taxes[1], 2),
    )


def test_a_document_by_other_codes_takes_nothing_of_authorities() -> None:
    """And what was posted without levels keeps its text."""
    plain = replace(OLD, jurisdiction="", levels=())
    back = of_lines((plain, -10000, -800))
    assert taking_back(back, [of_lines((plain, 10000, 800))]) == back
    assert '"shared"' not in frozen_text(back)
