"""Tax per code comes first, net is what is left of gross; a code whose tax is not its rate of its base is refused."""

import pytest
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.sap.document import frozen_order
from mlconnector_relay.sap.frozen import Frozen
from mlconnector_relay.sap.mapping import Mapping

from tests.support.building import built, posted, refused, with_parts
from tests.support.mappings import STORE, a_mapping
from tests.support.orders import Charge, Line, an_order, revised

A9 = '[tax_codes.A9]\nrate = 19\ncondition_key = "MWAS"\naccount_key = "MWS"\n'


def showing_tax(snapshot: OrderSnapshot, *taxes: str) -> OrderSnapshot:
    """Return the order with this tax beside its lines."""
    lines = zip(snapshot.products, taxes, strict=True)
    return with_parts(snapshot, products=[line.model_dump() | {"total_tax": tax} for line, tax in lines])


def unstated(snapshot: OrderSnapshot) -> OrderSnapshot:
    """Return the order as older ones are: no line says what was charged for it."""
    lines = [line.model_dump() | {"discounted_total_inc_tax": None} for line in snapshot.products]
    return with_parts(snapshot, products=lines)


def one_code_for_all_rates() -> Mapping:
    """Return a mapping that gives every rate the same tax code."""
    more = '[tax_codes.X1]\ncondition_key = "U"\naccount_key = "U"\n[[taxes]]\npriority = 1\ntax_code = "X1"\n'
    return a_mapping(
        ('countries = ["DE"]\nrate = 19', 'countries = ["AT"]\nrate = 19'),
        ('countries = ["DE"]\nrate = 7', 'countries = ["AT"]\nrate = 7'),
        more=more,
    )


def test_tax_per_code_is_brought_to_the_total() -> None:
    """Rows of 0.005 and 0.005 with a total of 0.01: one code gets the cent, the sum is the store's."""
    lines = (Line("0.0313", rate="19"), Line("0.0764", rate="7", product_id=112))
    snapshot = an_order(*lines, step="0.0001")
    document = built(snapshot)
    assert posted(document)[0][3] == "0.11"
    assert [amount for role, _, _, amount in posted(document) if role == "tax"] == ["-0.01", "0.00"]


def test_tax_above_its_base_is_refused() -> None:
    """SAP would refuse it too (FF 747)."""
    snapshot = an_order(Line("0.01"))
    row = snapshot.taxes[0].model_dump() | {"line_amount": "0.01"}
    order = revised(snapshot, total_tax="0.01", total_ex_tax="0", subtotal_tax="0.01")
    found = refused(with_parts(order, taxes=[row]))
    assert found.rule == "refused:tax_base"
    assert found.sentence == "0.01 of tax on a base of 0.00 for A1: SAP takes no tax above its base (FF 747)"


def test_tax_as_high_as_its_base_is_posted() -> None:
    """Two cents, one of them tax: SAP takes that, and a code with neither."""
    snapshot = an_order(Line("0.02"), Line("0.0020", rate="7", product_id=112), step="0.0001")
    row = snapshot.taxes[0].model_dump() | {"line_amount": "0.01"}
    order = revised(snapshot, total_tax="0.01", total_ex_tax="0.01", subtotal_tax="0.01")
    found = built(with_parts(order, taxes=[row, snapshot.taxes[1].model_dump()]))
    assert [(line.code.code if line.code else "", line.net, line.tax) for line in found.facts.lines] == [
        ("A1", 1, 1),
        ("A2", 0, 0),
    ]


def test_tax_on_what_became_free_is_refused() -> None:
    """A cent of tax that no charged line explains."""
    snapshot = an_order(Line("10", rate="0"), Line("1.00", discount="1.00", product_id=112))
    row = snapshot.taxes[0].model_dump() | {"line_amount": "0.01"}
    order = revised(snapshot, total_tax="0.01", total_ex_tax="9.99", subtotal_tax="0.01")
    found = refused(with_parts(order, taxes=[row]))
    assert found.rule == "refused:tax_rows"
    assert found.sentence == "0.01 of tax were charged, but on nothing that costs anything"


def test_tax_brought_to_a_total_must_stay_its_rate() -> None:
    """Rows within their rounding, yet what would be posted is not: two cents on one line of 100.00."""
    snapshot = revised(an_order(Line("119.00")), total_tax="19.02", total_ex_tax="99.98", subtotal_tax="19.02")
    found = refused(snapshot)
    assert found.rule == "refused:tax_plausibility"
    assert found.sentence == "A1: 19.02 of tax on 99.98; at its rate it would be 18.9962, 0.02 apart at most"


def test_tax_may_be_a_cent_per_line_and_one_more_off_its_rate() -> None:
    """Two cents on one line are rounding, three are not."""
    snapshot = revised(an_order(Line("119.02")), total_tax="19.02", total_ex_tax="100.00", subtotal_tax="19.02")
    assert posted(built(snapshot))[1:] == [("product", "800000", "A1", "-100.00"), ("tax", "", "A1", "-19.02")]
    snapshot = an_order(Line("1070.03", rate="7"))
    row = snapshot.taxes[0].model_dump() | {"line_amount": "70.01"}
    order = revised(snapshot, total_tax="70.03", total_ex_tax="1000.00", subtotal_tax="70.03")
    found = refused(with_parts(order, taxes=[row]))
    assert found.sentence == "A2: 70.03 of tax on 1000.00; at its rate it would be 70, 0.02 apart at most"


def test_codes_without_a_rate_of_their_own_take_the_stores() -> None:
    """US sales tax: several rates meet in one code, each line counts with its own."""
    lines = (Line("108.25", rate="8.25"), Line("106", rate="6", product_id=112))
    assert posted(built(an_order(*lines), one_code_for_all_rates()))[1:] == [
        ("product", "800000", "X1", "-100.00"),
        ("product", "800000", "X1", "-100.00"),
        ("tax", "", "X1", "-14.25"),
    ]


def test_what_is_taxed_alike_under_two_codes_is_taxed_in_proportion() -> None:
    """A line keeps the code it was posted with; the mapping gives another to the line that came since."""
    lamp = an_order(Line("119.00"))
    before = frozen_order(lamp, a_mapping(), STORE)
    assert isinstance(before, Frozen)
    now = a_mapping(('rate = 19\ntax_code = "A1"', 'rate = 19\ntax_code = "A9"'), more=A9)
    after = frozen_order(an_order(Line("119.00"), Line("59.50", product_id=112)), now, STORE, before.lines)
    assert isinstance(after, Frozen)
    assert [(line.code.code if line.code else "", line.tax) for line in after.lines] == [("A1", 1900), ("A9", 950)]


def test_a_line_is_worth_what_the_store_charged_for_it() -> None:
    """So that it can be refunded: gross and tax are shared out, net is what is left."""
    snapshot = an_order(
        Line("17.31", 4), shipping=Charge("6.70"), handling=Charge("8.23"), fees=(Charge("3.64"),), inclusive=True
    )
    assert [(line.gross, line.tax) for line in built(snapshot).facts.lines] == [
        (6924, 1106),
        (670, 107),
        (823, 131),
        (364, 58),
    ]


def test_what_the_totals_contradict_is_no_part_of_a_line() -> None:
    """Two cents go to the rounding account; the lamp stays what it cost, with or without tax in its price."""
    more = revised(an_order(Line("119.00")), total_inc_tax="119.02", total_ex_tax="100.02")
    assert [(line.net, line.tax) for line in built(more).facts.lines] == [(10000, 1900), (2, 0)]
    less = revised(unstated(an_order(Line("100.00"), inclusive=False)), total_inc_tax="118.98", total_ex_tax="99.98")
    assert [(line.net, line.tax) for line in built(less).facts.lines] == [(10000, 1900), (-2, 0)]


def test_prices_without_tax_are_the_lines() -> None:
    """Where the store's prices exclude tax its own net is posted, though only totals with tax are given."""
    lines = (Line("57.10"), Line("4.24", product_id=112), Line("553.45", product_id=113))
    snapshot = an_order(*lines, shipping=Charge("6.45"), inclusive=False)
    assert [line.net for line in built(snapshot).facts.lines] == [5710, 424, 55345, 645]


def test_tax_that_is_not_the_rate_of_its_line_is_shared_out_by_rate() -> None:
    """A store may show the tax of the full price, or none."""
    snapshot = an_order(Line("119.00"), Line("59.50", product_id=112))
    for shown in ("95.00", "0", "-1.00"):
        products = [line.model_dump() | {"total_tax": shown} for line in snapshot.products]
        assert [line.tax for line in built(with_parts(snapshot, products=products)).facts.lines] == [1900, 950]


def test_the_tax_the_store_shows_for_each_line_is_kept() -> None:
    """A cent apart from the rate, as the store rounded it, even beside what is worth nothing after rounding."""
    lines = (Line("119.00"), Line("119.00", product_id=112), Line("0.0041", product_id=113))
    snapshot = showing_tax(an_order(*lines, step="0.0001"), "19.0090", "18.9910", "0.0007")
    found = built(snapshot)
    assert [(line.gross, line.tax) for line in found.facts.lines] == [(11900, 1901), (11900, 1899), (0, 0)]


@pytest.mark.parametrize(("shown", "kept"), [(("19.02", "18.98"), [1902, 1898]), (("19.03", "18.97"), [1900, 1900])])
def test_the_store_may_be_a_cent_per_piece_and_one_more_off_a_lines_rate(
    shown: tuple[str, str], kept: list[int]
) -> None:
    """Further off it is no rounding, and the rate decides."""
    snapshot = showing_tax(an_order(Line("119.00"), Line("119.00", product_id=112)), *shown)
    assert [line.tax for line in built(snapshot).facts.lines] == kept


def test_a_cent_of_tax_that_no_line_shows_goes_by_rate() -> None:
    """Six cents hold one of tax, which the store rounds away beside the line."""
    found = built(showing_tax(an_order(Line("0.06")), "0"))
    assert [(line.gross, line.tax) for line in found.facts.lines] == [(6, 1)]


def test_where_prices_exclude_tax_and_no_line_says_more_the_net_is_kept() -> None:
    """The store's net of each line, and the tax that it shows for it."""
    lines = (Line("100.00"), Line("100.00", product_id=112), Line("0.0041", product_id=113))
    snapshot = showing_tax(an_order(*lines, inclusive=False, step="0.0001"), "19.0090", "18.9910", "0.0007")
    found = built(unstated(snapshot))
    assert found.reading == "net prices"
    assert [(line.net, line.tax) for line in found.facts.lines] == [(10000, 1901), (10000, 1899), (0, 0)]


def test_rates_that_meet_in_one_code_weigh_by_the_net_of_net_prices() -> None:
    """US sales tax in a store without tax in its prices, which shows no tax per line."""
    lines = (Line("100.00", rate="8.25"), Line("100.00", rate="6", product_id=112))
    snapshot = showing_tax(an_order(*lines, inclusive=False), "0", "0")
    found = built(unstated(snapshot), one_code_for_all_rates())
    assert [(line.net, line.tax) for line in found.facts.lines] == [(10000, 825), (10000, 600)]


def test_what_is_worth_nothing_after_rounding_has_no_tax() -> None:
    """Six lines of half a cent among others: none of them ends below zero."""
    snapshot = an_order(*[Line("0.0660")] * 7, *[Line("0.0049")] * 6, step="0.0001")
    lines = built(snapshot).facts.lines
    assert [line.gross for line in lines] == [7] * 7 + [0] * 6
    assert min(line.net for line in lines) == 0


def test_a_gift_certificate_beside_what_is_zero_rated() -> None:
    """Both are taxed alike, with nothing, but only one has a tax code."""
    certificate = Line("50.00", rate="0", type="giftcertificate", product_id=0)
    for lines in ((Line("10.00", rate="0"), certificate), (certificate, Line("10.00", rate="0"))):
        found = posted(built(an_order(*lines)))
        assert found[0] == ("customer", "99000", "", "60.00")
        assert {row for row in found[1:] if row[0] != "tax"} == {
            ("product", "800000", "A0", "-10.00"),
            ("gift_certificate", "176500", "", "-50.00"),
        }
