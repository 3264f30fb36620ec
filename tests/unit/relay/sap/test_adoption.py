"""A document of somebody else's against the order it is to be the invoice of: read, compared, taken over or refused."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.sap.adoption import Adoption, Posted, adoption_of, read_posted
from mlconnector_relay.sap.frozen import NO_BLOCKS, Blocks, Frozen, frozen_text, read_frozen, read_head
from mlconnector_relay.sap.mapping import Mapping
from mlconnector_relay.sap.values import Refusal

from tests.support.building import built
from tests.support.mappings import a_mapping
from tests.support.orders import Charge, Line, an_order, revised
from tests.unit.relay.sap.test_deferral import DEFERRED

KEY = "140000471110002025"
HEADER = {
    "BUKRS": "1000",
    "BELNR": "1400004711",
    "GJAHR": "2025",
    "BLART": "DR",
    "XBLNR": "R 4711",
    "USNAM": "CLERK",
    "BUDAT": "20251220",
    "CPUDT": "20251221",
    "WWERT": "20251220",
    "WAERS": "EUR",
    "STBLG": "",
    "BSTAT": "",
}
REVENUE = ("0000800000", "0000004200", "", "A1")
FREIGHT = ("0000808000", "0000004900", "", "A1")


def ours(order: OrderSnapshot | None = None, mapping: Mapping | None = None) -> Frozen:
    """What the relay would have posted: a lamp for 119.00 and freight for 5.95."""
    return built(order or an_order(Line("119.00"), shipping=Charge("5.95")), mapping).facts


def a_line(item: str, amount: str, **fields: str) -> dict[str, str]:
    """Return an item of the document; what is negative is a credit."""
    side, plain = ("H", amount[1:]) if amount.startswith("-") else ("S", amount)
    return HEADER | {"BUZEI": item, "SHKZG": side, "WRBTR": plain} | fields


def in_sap(
    *general: tuple[tuple[str, str, str, str], str], owed: str = "124.95", tax: str = "-19.95"
) -> dict[str, Any]:
    """Return the tables of SAP with the document in them."""
    customer = {"KUNNR": "0000099000", "AUGDT": "00000000"}
    places = ("HKONT", "KOSTL", "AUFNR", "MWSKZ")
    lines = general or ((REVENUE, "-100.00"), (FREIGHT, "-5.00"))
    taxed = {"HKONT": "0000175000", "MWSKZ": "A1"}
    no_object = {"KOSTL": "", "AUFNR": ""}
    return {
        "BKPF": [HEADER],
        "BSID": [a_line("001", owed, **customer)],
        "BSET": [a_line("001", tax, **taxed) | {"FWSTE": tax.removeprefix("-")}],
        "BSIS": [
            a_line(f"{item:03}", amount, **dict(zip(places, place, strict=True)))
            for item, (place, amount) in enumerate(lines, 2)
        ]
        + [a_line("009", tax, **taxed, **no_object)],
    }


def read(tables: dict[str, Any]) -> Posted | None:
    """Read the document from these tables, as whoever drives it would."""
    reading = read_posted(KEY, "99000")
    work = next(reading)
    while True:
        found = [
            [row[name] for name in work.fields]
            for row in tables.get(work.table, [])
            if all(row[one.field] == one.value for one in work.where)
        ]
        assert work.key == ("BELNR", "GJAHR", *(("BUZEI",) if work.table != "BKPF" else ()))
        try:
            work = reading.send(found)
        except StopIteration as end:
            posted: Posted | None = end.value
            return posted


def standing(*general: Any, **amounts: str) -> Posted:
    """Return the document as it was read."""
    posted = read(in_sap(*general, **amounts))
    assert posted
    return posted


def refused(frozen: Frozen, posted: Posted) -> str:
    """Return why a document is not taken over."""
    found = adoption_of(frozen, posted)
    assert isinstance(found, Refusal), found
    assert found.rule == "adopt"
    return found.sentence


def taken(frozen: Frozen, posted: Posted) -> Adoption:
    """Return what taking it over comes to."""
    found = adoption_of(frozen, posted)
    assert isinstance(found, Adoption), found
    return found


def test_a_document_is_read_with_what_it_owes_and_where_it_stands() -> None:
    """Items open or cleared, each once; tax by its code and not among the G/L lines; debits are negative."""
    tables = in_sap()
    posted = read(tables)
    assert posted == Posted(
        KEY, "DR", "R 4711", "CLERK", "20251220", "20251221", "20251220", "EUR", "",
        12495, "", {REVENUE: 10000, FREIGHT: 500}, {"A1": 1995},
    )  # fmt: skip
    assert posted.named == "document 1400004711 of company code 1000, fiscal year 2025"
    cleared = [{**row, "AUGDT": "20260105"} for row in tables["BSID"]]
    assert read(tables | {"BSAD": cleared, "BSAS": tables["BSIS"]}) == replace(posted, cleared="20260105")
    assert read(tables | {"BSIS": tables["BSIS"][:1], "BSAS": tables["BSIS"][1:]}) == posted
    assert read(tables | {"BKPF": []}) is None
    assert read(tables | {"BKPF": [HEADER | {"BSTAT": "V"}]}) is None
    assert read(tables | {"BSID": [HEADER | {"KUNNR": "0000004711"}]}) == replace(posted, owed=0)


def test_what_the_customer_owes_in_parts_is_cleared_on_the_day_of_the_last() -> None:
    """As long as one part is open, it is not; days end in a zero, too."""
    tables = in_sap()
    parts = [a_line("001", "24.95", KUNNR="0000099000", AUGDT="20260105"), a_line("002", "100.00", KUNNR="0000099000")]
    one_open = read(tables | {"BSID": [parts[1] | {"AUGDT": "00000000"}], "BSAD": parts[:1]})
    assert one_open == replace(standing(), cleared="")
    all_cleared = read(tables | {"BSID": [], "BSAD": [parts[0], parts[1] | {"AUGDT": "20260110"}]})
    assert all_cleared == replace(standing(), cleared="20260110")


def test_a_short_company_code_is_filled_up_in_the_key() -> None:
    """SAP compares without the blanks."""
    assert next(read_posted("140000471120  2025", "99000")).where[0].value == "20"


def test_a_document_that_is_ours_in_all_but_reference_is_taken_over() -> None:
    """Its lines are those of the mapping, its dates and type its own; every amount is shown beside ours."""
    mine = ours()
    found = taken(mine, standing())
    assert found.facts.lines == mine.lines
    assert (found.facts.day, found.facts.document_type, found.facts.adopted) == ("20251220", "DR", "R 4711")
    assert (found.facts.about, found.facts.translated) == ("order", "")
    assert found.told == (
        "DR of 2025-12-20, reference R 4711, entered by CLERK",
        "customer 99000 owes EUR: 124.95 in SAP, 124.95 by the relay",
        "tax with A1: 19.95 in SAP, 19.95 by the relay",
        "net with A1: 105.00 in SAP, 105.00 by the relay",
        "account 800000 4200 A1: 100.00 in SAP, 100.00 by the relay",
        "account 808000 4900 A1: 5.00 in SAP, 5.00 by the relay",
    )
    text = frozen_text(found.facts)
    assert read_frozen(text) == found.facts
    assert read_head(text).adopted == "R 4711"
    assert read_head(frozen_text(mine)).adopted is None


def test_what_stands_on_one_other_account_is_taken_off_that_one() -> None:
    """Whatever the mapping says; type and rate of exchange are the document's, and it has no block that was not set."""
    elsewhere = ("0000805000", "0X12", "000000600100", "A1")
    posted = replace(standing((elsewhere, "-105.00")), document_type="RV", translated="20251219", reference="")
    found = taken(replace(ours(), blocks=Blocks("A", "B")), posted)
    places = {
        (line.accounts.gl_account, line.accounts.cost_center, line.accounts.internal_order)
        for line in found.facts.lines
    }
    assert places == {("805000", "0X12", "600100")}
    assert {line.accounts.rule for line in found.facts.lines} == {posted.named}
    assert (found.facts.rate_day, found.facts.adopted) == ("20251219", "")
    assert (found.facts.document_type, found.facts.blocks) == ("RV", NO_BLOCKS)
    assert "reference none" in found.told[0]
    assert "account 805000 0X12 600100 A1: 105.00 in SAP, 0.00 by the relay" in found.told
    assert "account 800000 4200 A1: 0.00 in SAP, 100.00 by the relay" in found.told


def test_what_stands_on_several_accounts_can_not_be_told_apart() -> None:
    """Nor what has no tax code, nor discounts that have an account of their own."""
    one, other = ("0000805000", "", "", "A1"), ("0000806000", "", "", "A1")
    why = refused(ours(), standing((one, "-60.00"), (other, "-45.00")))
    assert why.startswith("net with A1 stands as 60.00 on 805000 A1, 45.00 on 806000 A1, otherwise than by the mapping")
    paid = revised(an_order(Line("119.00"), shipping=Charge("5.95")), gift_certificate_amount="20")
    wrong = ("0000176599", "", "", "")
    why = refused(ours(paid), standing((REVENUE, "-100.00"), (FREIGHT, "-5.00"), (wrong, "20.00"), owed="104.95"))
    assert why.startswith("what has no tax code stands as -20.00 on 176599, otherwise")
    own = a_mapping(('language = "DE"', 'language = "DE"\ndiscounts = "own_account"'))
    assert "stands as 105.00 on 805000 A1" in refused(ours(mapping=own), standing((one, "-105.00")))


def test_what_the_document_comes_to_must_be_what_the_order_does() -> None:
    """Customer's line, tax and net of each code; every amount that differs is told, once."""
    assert refused(ours(), standing(owed="119.00")) == "customer 99000 owes EUR: 119.00 in SAP, 124.95 by the relay"
    assert refused(ours(), standing(tax="-19.94")) == "tax with A1: 19.94 in SAP, 19.95 by the relay"
    zero = ("0000800000", "0000004200", "", "A0")
    assert refused(ours(), standing((zero, "-105.00"), tax="0.00")).split("; ") == [
        "tax with A1: 0.00 in SAP, 19.95 by the relay",
        "net with A0: 105.00 in SAP, 0.00 by the relay",
        "net with A1: 0.00 in SAP, 105.00 by the relay",
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"currency": "USD"}, "it is in USD, the order in EUR"),
        ({"reversed_by": "0100000099"}, "it was reversed by document 100000099"),
        ({"object_key": "140000471120002025"}, "it is of company code 2000, the order of 1000"),
        ({"object_key": "140000471120  2025"}, "it is of company code 20, the order of 1000"),
    ],
)
def test_what_the_document_is_must_be_what_the_order_needs(changes: dict[str, str], why: str) -> None:
    """Its currency and company code, and that it stands."""
    assert refused(ours(), replace(standing(), **changes)) == why  # type: ignore[arg-type]


def test_what_can_not_be_one_document_is_not_taken_for_one() -> None:
    """Certificates in a document of their own; deferred revenue, of which nobody knows what was earned."""
    paid = revised(an_order(Line("119.00"), shipping=Charge("5.95")), gift_certificate_amount="20")
    own = a_mapping(('language = "DE"', 'language = "DE"\ntenders = "own_document"'))
    assert refused(ours(paid, own), standing()).endswith("have a document of their own by the mapping")
    deferred = ours(mapping=a_mapping(DEFERRED))
    place = next(line.accounts for line in deferred.lines if line.earned)
    there = (place.gl_account.zfill(10), place.cost_center.zfill(10) if place.cost_center else "", "", "A1")
    assert refused(deferred, standing((there, "-100.00"), (FREIGHT, "-5.00"))).startswith("its revenue is deferred")
    found = taken(
        ours(an_order(Line("119.00"), shipping=Charge("5.95")), a_mapping(DEFERRED)), standing((REVENUE, "-105.00"))
    )
    assert not any(line.earned for line in found.facts.lines)


def test_yen_have_no_decimals() -> None:
    """SAP keeps 1000 JPY as 10.00."""
    mine = replace(ours(), currency="JPY", places=0)
    found = taken(mine, replace(standing(), currency="JPY"))
    assert "customer 99000 owes JPY: 12495 in SAP, 12495 by the relay" in found.told
    assert sum(Decimal(line.gross) for line in found.facts.lines) == 12495
