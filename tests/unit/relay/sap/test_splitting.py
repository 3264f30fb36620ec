"""Documents of more than 999 items: parts that each balance, have their own tax and base, and add up to the cent."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from mlconnector_relay.sap.draft import draft_of
from mlconnector_relay.sap.frozen import Frozen, FrozenLine
from mlconnector_relay.sap.splitting import MOST_ITEMS, split
from mlconnector_relay.sap.targets import Accounts, TaxCode, TaxLevel

from tests.support.lives import Life, a_refund, an_item
from tests.support.mappings import a_mapping
from tests.support.orders import Line, an_order
from tests.unit.relay.sap.test_deferral import DEFERRED

NINETEEN = TaxCode("A1", "MWAS", "MWS", "", "taxes[0]")
SEVEN = TaxCode("A2", "MWAS", "MWS", "", "taxes[1]")
REVENUE = Accounts("800000", "4200", "", "accounts[0]")
LIABILITY = Accounts("176500", "", "", "gift_certificate")


def a_line(place: int, net: int = 100, code: TaxCode | None = NINETEEN, account: str = "800000") -> FrozenLine:
    """A line of one piece with its tax."""
    tax = 0 if code is None else net * (19 if code is NINETEEN else 7) // 100
    accounts = replace(REVENUE, gl_account=account)
    return FrozenLine("product", place, 1, f"SKU-{place}", net, net, tax, Decimal(19), accounts, code)


def a_tender(amount: int, role: str = "gift_certificate_used") -> FrozenLine:
    """What a gift certificate or store credit paid."""
    return FrozenLine(role, 0, 0, "Gift certificate used", -amount, -amount, 0, Decimal(0), LIABILITY, None)


def a_document(*lines: FrozenLine, **more: object) -> Frozen:
    """An order's document."""
    document = Frozen("order", "1000", "DR", "EUR", 2, "20260305", "99000", None, "as stated", lines)
    return replace(document, **more)  # type: ignore[arg-type]


def parts(document: Frozen) -> list[Frozen]:
    first = split(document)
    return [first, *first.following]


def test_the_limit_counts_the_customer_and_tax() -> None:
    """997 lines, one customer, one tax code are 999; one line more is split."""
    fits = a_document(*(a_line(place) for place in range(997)))
    assert split(fits) is fits
    first, second = parts(a_document(*fits.lines, a_line(998)))
    assert [len(one.lines) for one in (first, second)] == [994, 4]
    assert (second.following, second.about, second.day) == ((), "order", "20260305")


def test_every_level_of_a_jurisdiction_is_an_item() -> None:
    """Four levels leave room for three lines less than one tax item does."""
    levels = tuple(TaxLevel(f"TX{place}", f"JR{place}", "MWS", Decimal(1)) for place in range(4))
    code = replace(NINETEEN, jurisdiction="TX4", levels=levels)
    fits = a_document(*(a_line(place, code=code) for place in range(994)))
    assert split(fits) is fits
    assert all(draft_of(one).size <= MOST_ITEMS for one in parts(a_document(*fits.lines, a_line(995, code=code))))


def test_every_liability_account_of_a_code_is_an_item() -> None:
    """Sales tax of several states is one tax code, but a liability per state: no part is longer than SAP takes."""
    states = [replace(NINETEEN, code="O0", liability_account=f"1760{place:02}") for place in range(8)]
    document = a_document(*(a_line(place, code=states[place % 8]) for place in range(1500)))
    assert all(draft_of(one).size <= MOST_ITEMS for one in parts(document))


def test_parts_by_hand() -> None:
    """The example of the documentation: 1200 lines at 1.19, 1300.00 paid by gift certificate."""
    first, second = parts(a_document(*(a_line(place) for place in range(1200)), a_tender(130000)))
    assert [sum(line.net for line in one.lines[:-1]) for one in (first, second)] == [99300, 20700]
    assert [one.lines[-1].net for one in (first, second)] == [-118167, -11833]
    assert [draft_of(one).customer for one in (first, second)] == [(118167, -118167), (12800,)]
    assert [draft_of(one).codes for one in (first, second)] == [((NINETEEN, 18867),), ((NINETEEN, 3933),)]


def test_what_pays_is_laid_on_the_parts_in_turn_and_rounding_on_the_last() -> None:
    """The gift certificate pays the first of three to the cent, store credit the second and something of the last."""
    lines = [a_line(place) for place in range(2500)]
    last = [replace(a_tender(-2), role="rounding"), a_tender(117929), a_tender(120000, "store_credit_used")]
    found = parts(a_document(*lines, *last))
    assert [[(one.role, one.full, one.net) for one in part.lines if one.code is None] for part in found] == [
        [("gift_certificate_used", -117929, -117929)],
        [("store_credit_used", -117929, -117929)],
        [("rounding", 2, 2), ("store_credit_used", -2071, -2071)],
    ]


def test_a_credit_memo_splits_like_its_invoice() -> None:
    """With all signs turned; what followed the document anyway comes last."""
    own = a_document(a_tender(5), about="tenders")
    lines = [replace(line, net=-100, full=-100, tax=-19) for line in map(a_line, range(1200))]
    first, second, last = parts(a_document(*lines, a_tender(-130000), following=(own,)))
    assert [draft_of(one).customer for one in (first, second)] == [(-118167, 118167), (-12800,)]
    assert (second.following, last) == ((), own)


def test_summed_documents_split_by_their_sums() -> None:
    """Two thousand lines over 998 accounts are more than 999 items even when summed."""
    lines = [a_line(place, account=str(100000 + place % 998)) for place in range(1996)]
    document = a_document(*lines, summed=True)
    sizes = [draft_of(one).size for one in parts(document)]
    assert all(size <= MOST_ITEMS for size in sizes)
    same = [a_line(1, account="100000") for _ in range(1900)]
    assert [len(one.lines) for one in parts(a_document(*lines[:1000], *same, summed=True))] == [994, 1906]
    fits = a_document(*(a_line(place) for place in range(3000)), summed=True)
    assert split(fits) is fits


@settings(deadline=None, max_examples=40)
@given(
    st.integers(900, 2500),
    st.lists(st.tuples(st.integers(1, 500), st.sampled_from([NINETEEN, SEVEN, None])), min_size=1, max_size=9),
    st.fractions(0, 1),
    st.integers(-3, 3),
)
def test_parts_add_up_to_the_document(
    count: int, rows: list[tuple[int, TaxCode | None]], paid: Fraction, rounding: int
) -> None:
    """Every line once, each part within SAP's limit, tenders no more than each part's worth."""
    lines = [a_line(place, *rows[place % len(rows)]) for place in range(count)]
    tender = int(sum(line.gross for line in lines) * paid)
    last = [replace(a_tender(rounding), role="rounding")] if rounding else []
    document = a_document(*lines, *last, *([a_tender(tender)] if tender else []))
    found = parts(document)
    assert all(draft_of(one).size <= MOST_ITEMS for one in found)
    sums: Counter[tuple[object, ...]] = Counter()
    for one in found:
        owed = sum(line.gross for line in one.lines)
        assert owed >= 0 or abs(rounding) >= abs(owed)
        for line in one.lines:
            sums[line.role, line.source, "net"] += line.net
            sums[line.role, line.source, "tax"] += line.tax
    for line in document.lines:
        sums[line.role, line.source, "net"] -= line.net
        sums[line.role, line.source, "tax"] -= line.tax
    assert not any(sums.values())


def a_long_order(count: int = 1200) -> Life:
    """An order of so many lines at 1.19."""
    return Life(an_order(*(Line("1.19", product_id=place) for place in range(1, count + 1))))


def test_an_order_s_parts_are_posted_in_turn_and_refunds_know_all_of_them() -> None:
    """Under one step; a cancellation is split as well, and every account ends at zero."""
    life = a_long_order()
    first = life.post()
    assert (first.reference, len(first.following), first.gross) == ("B1-1000123-I", 1, Decimal("1182.86"))
    second = life.post()
    assert (second.reference, second.call == first.following[0], second.gross) == (
        "B1-1000123-1-2I",
        True,
        Decimal("245.14"),
    )
    life.settle()
    assert len(life.documents) == 2
    refund = a_refund(12, "2.38", "0.38", an_item("PRODUCT", 61, "1.19", 1), an_item("PRODUCT", 1260, "1.19", 1))
    life.parts(refunds=[refund]).settle()
    life.now(status_id=5).settle()
    assert [one.reference for one in life.documents[2:]] == ["B1-1000123-12R", "B1-1000123-V", "B1-1000123-1-2V"]
    assert life.books() == {}


def test_long_refunds_are_split_and_undone_as_one() -> None:
    """Under the refund's number, each part at the invoice's exchange rate; a decline undoes all parts."""
    original = ('language = "DE"', 'language = "DE"\ncredit_memo_rate = "original"')
    life = a_long_order()
    life.mapping = a_mapping(original)
    life.settle()
    items = [an_item("PRODUCT", 61 + place, "1.19", 1) for place in range(1200)]
    refund = a_refund(12, "1428.00", "228.00", *items)
    life.parts(refunds=[refund]).settle()
    assert [one.reference for one in life.documents[2:]] == ["B1-1000123-12R", "B1-1000123-12-2R"]
    assert {one.call.parameters["DOCUMENTHEADER"]["TRANS_DATE"] for one in life.documents[2:]} == {"20260305"}
    assert life.books() == {}
    refund["payments"][0]["is_declined"] = True
    life.parts(refunds=[refund]).settle()
    assert [one.reference for one in life.documents[4:]] == ["B1-1000123-S", "B1-1000123-1-2S"]
    assert [len(one.facts.following) for one in life.documents[4:]] == [1, 0]
    assert life.owed_by_customer == Decimal("1428.00")
    assert {one.facts.rate_day for one in life.documents} == {"20260305"}


def test_a_long_cancellation_is_at_one_exchange_rate() -> None:
    """The invoice's where the mapping says so, for all its parts."""
    life = a_long_order()
    life.mapping = a_mapping(('language = "DE"', 'language = "DE"\ncredit_memo_rate = "original"'))
    life.settle()
    life.now(status_id=5, date_modified=life.snapshot.order.date_modified.replace(day=9)).settle()
    assert [(one.facts.day, one.facts.rate_day) for one in life.documents[2:]] == 2 * [("20260310", "20260305")]


def test_a_long_order_is_posted_anew_in_parts() -> None:
    """Reversal and repost are two documents each."""
    on_edit = ('language = "DE"', 'language = "DE"\non_edit = "reverse_and_repost"')
    life = a_long_order(1000)
    life.mapping = a_mapping(on_edit)
    life.settle()
    life.snapshot = an_order(*(Line("2.38", product_id=place) for place in range(1, 1001)))
    life.now(date_modified=life.snapshot.order.date_modified.replace(day=6)).settle()
    assert [one.reference.rpartition("-")[2] for one in life.documents] == ["I", "2I", "V", "2V", "N", "2N"]
    assert [one.facts.rate_day for one in life.documents] == 6 * ["20260305"]
    assert life.owed_by_customer == Decimal("2380.00")


def test_what_a_long_order_earns_is_split_between_lines_that_balance() -> None:
    """It has no customer to balance a part: a line's revenue stays with the deferred revenue it comes from."""
    life = Life(an_order(*(Line("1.19", product_id=place) for place in range(1, 1001))), a_mapping(DEFERRED))
    life.settle()
    life.now(status_id=10).settle()
    earned = [one for one in life.documents if one.document_type == "SA"]
    assert [one.reference for one in earned] == ["B1-1000123-F", "B1-1000123-1-2F", "B1-1000123-1-3F"]
    assert [sum(line.amount for line in one.lines) for one in earned] == [0, 0, 0]
    assert {key[0] for key in life.books() if key[0]} == {"99000", "800000"}


def test_summed_lines_without_a_customer_stay_together() -> None:
    """Sums of what balances: a pair whose second half is new to a full part opens the next one."""
    pairs = [
        (a_line(place, account=f"{place:06}"), a_line(place, -100, account=f"{place // 2 + 500000:06}"))
        for place in range(1000)
    ]
    document = a_document(*(line for pair in pairs for line in pair), customer="", summed=True)
    assert len(parts(document)) > 1
    assert all(sum(line.net for line in one.lines) == 0 for one in parts(document))


def test_only_parts_are_checked_before_the_first_is_posted() -> None:
    """Tenders in a document of their own follow as they always did; SAP is not asked about them first."""
    life = a_long_order(1000)
    life.mapping = a_mapping(('language = "DE"', 'language = "DE"\ntenders = "own_document"'))
    life.now(gift_certificate_amount="5.00", total_inc_tax="1185.00")
    first = life.post()
    assert (len(first.following), len(first.facts.following)) == (1, 2)
    life.settle()
    assert [one.document_type for one in life.documents] == ["DR", "DR", "DZ"]
