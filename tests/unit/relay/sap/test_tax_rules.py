"""Tax rules select on what was charged, on what and to whom; a line without tax has its reason, kept for ever."""

import json
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.sap.document import ar_document
from mlconnector_relay.sap.explanation import explanation
from mlconnector_relay.sap.facts import TaxFacts
from mlconnector_relay.sap.frozen import frozen_text, read_frozen
from mlconnector_relay.sap.mapping import Mapping, MappingInvalid
from mlconnector_relay.sap.targets import TaxCode
from mlconnector_relay.sap.values import Gap

from tests.support.building import built, gaps, posted, with_parts
from tests.support.mappings import STEP, STORE, a_mapping
from tests.support.orders import Charge, Line, an_order, revised

SOURCE = '[vat_ids]\nform_fields = ["VAT ID"]\n'
CODES = "".join(
    f'[tax_codes.{code}]\nrate = {rate}\ncondition_key = "MWAS"\naccount_key = "MWS"\n'
    for code, rate in (("U1", 19), ("U2", 19), ("E0", 0), ("X0", 0))
)
SELECTORS: list[tuple[str, object, dict[str, Any]]] = [
    ("countries", ["FR"], {"country": "FR"}),
    ("regions", ["Rhone"], {"region": "RHONE"}),
    ("rate", 19, {"rate": Decimal(19)}),
    ("tax_classes", ["Default"], {"tax_class": "default"}),
    ("vat_id_countries", ["FR"], {"vat_id": "FR"}),
    ("tax_exempt_categories", ["Charity"], {"exempt_category": "charity"}),
    ("customer_groups", [3], {"customer_group": 3}),
    ("product_types", ["digital"], {"product_type": "digital"}),
    ("providers", ["Ava"], {"provider": "AVA"}),
    ("company_codes", ["1000"], {}),
]
EVERYTHING = {name: value for _, _, facts in SELECTORS for name, value in facts.items()}


def rule(code: str, **selectors: object) -> str:
    """Write a tax rule."""
    chosen = "".join(f"{name} = {json.dumps(value)}\n" for name, value in selectors.items())
    return f'[[taxes]]\n{chosen}tax_code = "{code}"\n'


def mapping_of(*rules: str) -> Mapping:
    """Return the mapping with further codes and rules."""
    return a_mapping(more=SOURCE + CODES + "".join(rules))


def code(mapping: Mapping, **facts: Any) -> str:
    """Return a tax code, or the sentence of the gap."""
    asked = {"company_code": "1000", "country": "FR", "region": "", "rate": Decimal(19)} | facts
    found = mapping.tax(TaxFacts(**asked))
    return found.code if isinstance(found, TaxCode) else found.sentence


def test_every_selector_of_a_tax_weighs_more_than_all_behind_it() -> None:
    """From the country down to the company code."""
    for place, (name, value, _) in enumerate(SELECTORS[:-1]):
        ahead = {"countries": ["FR"]} if name == "regions" else {}
        behind = {other: more for other, more, _ in SELECTORS[place + 1 :] if other != "regions"}
        mapping = mapping_of(rule("U2", **ahead, **behind), rule("U1", **ahead, **{name: value}))
        assert code(mapping, **EVERYTHING) == "U1", name


@pytest.mark.parametrize(("name", "value", "facts"), [one for one in SELECTORS[3:] if one[2]])
def test_a_selector_of_a_tax_that_does_not_fit_excludes_its_rule(name: str, value: object, facts: Any) -> None:
    """And the next one that fits decides."""
    mapping = mapping_of(rule("U1", **{name: value}), rule("U2"))
    assert (code(mapping, **facts), code(mapping)) == ("U1", "U2")


def test_a_tax_rule_of_one_company_code_is_no_other_s() -> None:
    """Two of them may have a tax code each for the same rate."""
    mapping = mapping_of(rule("U1", company_codes=["1000"]), rule("U2"))
    assert (code(mapping), code(mapping, company_code="2000")) == ("U1", "U2")


def in_france(*lines: Line, vat_id: str = "", **parts: Any) -> OrderSnapshot:
    """Return an order to France."""
    snapshot = an_order(*(lines or (Line("80.00", rate="0"),)), inclusive=False)
    places = [place.model_dump() | {"country_iso2": "FR"} for place in snapshot.shipping_addresses]
    address = snapshot.order.billing_address.model_dump() | {"country_iso2": "FR"}
    address["form_fields"] = [{"name": "VAT ID", "value": vat_id}]
    return with_parts(revised(snapshot, billing_address=address), shipping_addresses=places, **parts)


COMMUNITY = rule("E0", countries=["FR"], rate=0, reason="intra_community", vat_id_countries=["FR", "IT"])


KEY = "tax:country=FR,region=Hamburg,rate=0,provider=BasicTaxProvider,company_code=1000"


def gap_of(snapshot: OrderSnapshot, mapping: Mapping) -> Gap:
    """Return the one thing the mapping lacks for an order."""
    found = ar_document(snapshot, mapping, STORE, STEP)
    assert isinstance(found, tuple), found
    (gap,) = found
    return gap


def test_nothing_is_intra_community_without_a_vat_id_of_another_country() -> None:
    """The line parks and says what it was asked with; a rule cures exactly the orders whose buyers have such an id."""
    mapping = mapping_of(COMMUNITY)
    assert posted(built(in_france(vat_id="FR11123456782"), mapping))[1] == ("product", "800000", "E0", "-80.00")
    for typed in ("", "DE123456788", "FR12123456782", "to follow"):
        assert gaps(in_france(vat_id=typed), mapping) == [KEY]
    assert "no tax code for 0 % in FR Hamburg, no VAT id, physical" in gap_of(in_france(), mapping).sentence
    assert "0 % in FR Hamburg, VAT id of DE" in gap_of(in_france(vat_id="DE123456788"), mapping).sentence
    assert "a VAT id that names no country" in gap_of(in_france(vat_id="to follow"), mapping).sentence
    mistyped = gap_of(in_france(vat_id="FR12123456782"), mapping)
    assert "no tax code for 0 % in FR Hamburg, a VAT id that is none of its country's, physical" in mistyped.sentence
    assert mistyped.sentence.endswith("and its reason, or the VAT id be corrected in the store")
    asked = [gap_of(in_france(vat_id=typed), mapping_of()).question for typed in ("", "IT12345670017")]
    assert [mapping.cures(one) for one in asked] == [False, True]


def test_a_key_from_before_questions_is_cured_by_any_rule_for_what_was_charged() -> None:
    """It does not say on what and to whom: the order is planned anew, and tells if it still lacks something."""
    assert mapping_of(COMMUNITY).cures(KEY)
    assert not mapping_of().cures(KEY)
    assert not mapping_of(COMMUNITY).cures(KEY.replace("FR", "IT"))


@pytest.mark.parametrize(
    ("selector", "parts"),
    [
        ("customer_groups = [4]", {"customer_group_id": 4}),
        ('tax_exempt_categories = ["Charity"]', {"tax_exempt_category": "charity"}),
    ],
)
def test_an_exempt_customer_is_told_by_group_or_category(selector: str, parts: dict[str, Any]) -> None:
    """Everybody else who was charged nothing parks."""
    exempt = f'[[taxes]]\ncountries = ["FR"]\nrate = 0\nreason = "exempt_customer"\n{selector}\ntax_code = "X0"\n'
    mapping = mapping_of(exempt)
    assert posted(built(in_france(**parts), mapping))[1][2] == "X0"
    assert gaps(in_france(), mapping) == [KEY]
    named = gap_of(in_france(**parts), mapping_of()).sentence
    assert "customer group 4" in named or "exempt as charity" in named


def test_lines_taxed_alike_may_have_several_codes_by_their_type() -> None:
    """The store's rows are added up before there is a code; shipping has no type."""
    lines = Line("100.00", rate="20"), Line("50.00", rate="20", type="digital", product_id=112)
    snapshot = an_order(*lines, inclusive=False, shipping=Charge("10.00", rate="20"))
    summed = [row.model_dump() | {"order_product_id": None, "line_item_type": ""} for row in snapshot.taxes]
    codes = rule("U2", countries=["DE"], rate=20, product_types=["digital"]) + rule("U1", countries=["DE"], rate=20)
    mapping = a_mapping(more=(SOURCE + CODES + codes).replace("rate = 19", "rate = 20"))
    for one in (snapshot, with_parts(snapshot, taxes=summed)):
        assert posted(built(one, mapping)) == [
            ("customer", "99000", "", "192.00"),
            ("product", "800000", "U1", "-100.00"),
            ("product", "800000", "U2", "-50.00"),
            ("freight", "808000", "U1", "-10.00"),
            ("tax", "", "U1", "-22.00"),
            ("tax", "", "U2", "-10.00"),
        ]


def test_the_reason_is_kept_with_the_posting_and_explained() -> None:
    """Of each line, also where two rules gave one code for different reasons."""
    lines = Line("80.00", rate="0"), Line("20.00", rate="0", type="digital", product_id=112)
    selectors = {"countries": ["FR"], "rate": 0, "vat_id_countries": ["IT"], "product_types": ["digital"]}
    exempt = rule("E0", reason="zero_rated", **selectors)
    document = built(in_france(*lines, vat_id="IT12345670017"), mapping_of(COMMUNITY, exempt))
    assert [line.tax_code for line in document.lines if line.role == "tax"] == ["E0"]
    kept = read_frozen(frozen_text(document.facts))
    assert [line.code.reason for line in kept.lines if line.code] == ["intra_community", "zero_rated"]
    told = [line.because[0] for line in explanation(kept) if line.role == "product"]
    assert "0 % is E0 by taxes[3] (intra_community)" in told[0]
    assert "0 % is E0 by taxes[4] (zero_rated)" in told[1]
    assert "1x SKU-1: 0 % is tax code E0 by taxes[3] (intra_community)" in document.decisions


@pytest.mark.parametrize(
    ("rules", "error"),
    [
        (SOURCE + rule("E0", rate=0, reason="intra_community"), "intra_community needs the buyer's VAT id"),
        (
            SOURCE + rule("E0", rate=0, reason="intra_community", vat_id_countries=["none", "FR"]),
            "intra_community needs the buyer's VAT id",
        ),
        (rule("U1", vat_id_countries=["FR"]), "nothing says where a VAT id stands"),
        (SOURCE + rule("U1", vat_id_countries=["France"]), "vat_id_countries"),
        (SOURCE + rule("U1", product_types=["gift"]), "product_types"),
        (rule("U1", customer_groups=[3, 4]) + rule("U2", customer_groups=[4]), "ties with taxes[3]"),
        (rule("U1", product_types=["digital"]) + rule("U2", product_types=["digital", "custom"]), "ties with taxes[3]"),
    ],
)
def test_what_cannot_be_meant_is_told_by_the_check(rules: str, error: str) -> None:
    """With the rule it stands in."""
    with pytest.raises(MappingInvalid, match="taxes") as caught:
        a_mapping(more=CODES + rules)
    assert error in str(caught.value)
