"""What mapping a posted order anew comes to: all of it taken back, and the order as the other mapping has it."""

from dataclasses import replace
from decimal import Decimal

from mlconnector_relay.sap.frozen import NO_BLOCKS
from mlconnector_relay.sap.mapping import Mapping
from mlconnector_relay.sap.remap import Remap, remap_of
from mlconnector_relay.sap.values import Gap, Refusal

from tests.support.building import built
from tests.support.mappings import STORE, a_mapping
from tests.support.orders import Charge, Line, an_order, revised

OWN = ('language = "DE"', 'language = "DE"\ntenders = "own_document"\nsum_lines = true')
OTHER = (('gl_account = "800000"', 'gl_account = "800777"'), ('gl_account = "176500"', 'gl_account = "176599"'))


def remapped(first: Mapping, then: Mapping, **changes: str) -> Remap | Refusal | tuple[Gap, ...]:
    """Post an order by one mapping, and map it anew by another."""
    order = revised(an_order(Line("119.00"), shipping=Charge("5.95")), **changes)
    document = built(order, first).facts
    return remap_of((document, *document.following), order, then, STORE)


def test_what_moves_is_told_and_what_stays_is_not() -> None:
    """Gift certificates in a document of their own are part of the order."""
    found = remapped(a_mapping(OWN), a_mapping(OWN, *OTHER), gift_certificate_amount="20")
    assert isinstance(found, Remap)
    assert found.moved == (
        "176500 20.00 -> 0.00",
        "176599 0.00 -> 20.00",
        "800000 4200 A1 -100.00 -> 0.00",
        "800777 4200 A1 0.00 -> -100.00",
    )
    assert sum(line.gross for line in (*found.reversal.lines, *found.repost.lines)) == 0
    assert (found.reversal.document_type, found.repost.document_type) == ("DG", "DR")
    assert (found.reversal.following, found.repost.following) == ((), ())


def test_a_cost_center_that_goes_or_comes_is_told() -> None:
    """It is told as missing where the line has one before or after, and of no other line."""
    bare = ('gl_account = "800000"\ncost_center = "4200"', 'gl_account = "800000"\ncost_center = ""')
    gone = remapped(a_mapping(OWN), a_mapping(OWN, bare, OTHER[1]), gift_certificate_amount="20")
    assert isinstance(gone, Remap)
    assert gone.moved == (
        "176500 20.00 -> 0.00",
        "176599 0.00 -> 20.00",
        "800000 no cost center A1 0.00 -> -100.00",
        "800000 4200 A1 -100.00 -> 0.00",
    )
    assert gone.amount == Decimal("120.00")
    back = remapped(a_mapping(bare), a_mapping())
    assert isinstance(back, Remap)
    assert back.moved == ("800000 no cost center A1 -100.00 -> 0.00", "800000 4200 A1 0.00 -> -100.00")


def test_an_order_or_a_wbs_element_takes_a_cost_center_s_place() -> None:
    """Nothing is missing then."""
    order = (
        'gl_account = "800000"\ncost_center = "4200"',
        'gl_account = "800000"\ncost_center = ""\ninternal_order = "400237"',
    )
    found = remapped(a_mapping(), a_mapping(order))
    assert isinstance(found, Remap)
    assert found.moved == ("800000 400237 A1 0.00 -> -100.00", "800000 4200 A1 -100.00 -> 0.00")


def test_the_same_mapping_moves_nothing() -> None:
    """Whatever its texts and debtor are."""
    found = remapped(a_mapping(), a_mapping(('one_time_customer = "99000"', 'one_time_customer = "99001"')))
    assert isinstance(found, Remap)
    assert found.moved == ()
    assert found.repost.customer == "99000"


def test_a_tax_moves_where_its_account_key_does() -> None:
    """SAP finds the account by it."""
    key = '[tax_codes.A1]\nrate = 19\ncondition_key = "MWAS"\naccount_key = '
    found = remapped(a_mapping(), a_mapping((f'{key}"MWS"', f'{key}"MW2"')))
    assert isinstance(found, Remap)
    assert found.moved == ("tax A1 MWAS MW2 0.00 -> -19.95", "tax A1 MWAS MWS -19.95 -> 0.00")


def test_all_but_accounts_and_codes_stays_as_it_was_posted() -> None:
    """Terms, texts, the account of discounts, and the day of the newest document; of document types the kinds count."""
    blocked = '[shipments]\npayment_block = "B"\n'
    texts = '[[documents]]\ncountries = ["DE"]\ncustomer_text = "Order {order}"\n'
    types = ('language = "DE"', 'language = "DE"\ndocument_types = { invoice = "DR", repost = "DN", reversal = "DV" }')
    order = revised(an_order(Line("119.00", discount="11.90")), payment_status="")
    invoice = built(order, a_mapping(more=blocked)).facts
    other = a_mapping(types, ('gl_account = "888000"', 'gl_account = "888777"'), more=blocked + texts)
    found = remap_of((invoice, replace(invoice, about="edit", day="20260309", lines=())), order, other, STORE)
    assert isinstance(found, Remap)
    assert found.moved == ()
    for document in (found.reversal, found.repost):
        assert (document.discount, document.terms, document.day) == (invoice.discount, invoice.terms, "20260309")
    assert (found.reversal.about, found.reversal.document_type) == ("remap reversal", "DV")
    assert (found.repost.about, found.repost.document_type) == ("remap repost", "DN")
    assert (found.reversal.blocks, found.repost.blocks) == (NO_BLOCKS, invoice.blocks)
    assert invoice.blocks.payment == "B"


def test_what_the_mapping_does_not_decide_is_told() -> None:
    """No company code, another one, no account."""
    gap = remapped(a_mapping(), a_mapping(('language = "DE"', 'language = "DE"\ncurrencies = ["USD"]')))
    assert isinstance(gap, tuple)
    assert gap[0].key.startswith("company_code:")
    other = remapped(a_mapping(), a_mapping(('company_code = "1000"', 'company_code = "2000"')))
    assert isinstance(other, Refusal)
    assert (other.rule, other.sentence) == (
        "decision:company_code",
        "posted in company code 1000, the mapping says 2000: post that by hand",
    )
    bare = remapped(a_mapping(), a_mapping(('freight = { gl_account = "808000", cost_center = "4900" }\n', "")))
    assert isinstance(bare, tuple)
    assert bare[0].key == "role:role=freight,company_code=1000"
