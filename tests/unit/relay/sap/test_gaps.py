"""A gap's key holds every fact needed to ask a new mapping again, whatever characters the facts have."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlconnector_relay.sap.facts import LineFacts, TaxFacts
from mlconnector_relay.sap.gaps import (
    GapKeyInvalid,
    key_of,
    line_facts,
    line_key,
    line_question,
    read_key,
    tax_facts,
    tax_key,
    tax_question,
)

texts = st.text(max_size=12)
words = st.text(min_size=1, max_size=12)
paths = st.lists(st.lists(st.integers(0, 10**6), min_size=1, max_size=4).map(tuple), max_size=3).map(tuple)


@settings(deadline=None)
@given(words, paths, st.lists(words, max_size=3).map(tuple), st.none() | st.integers(0, 10**6))
def test_facts_of_a_line_read_back(
    company: str, categories: tuple[tuple[int, ...], ...], segments: tuple[str, ...], group: int | None
) -> None:
    """Commas, signs and percent marks in names do not matter."""
    facts = LineFacts(company, categories, segments, group)
    kind, read = read_key(line_key(facts))
    assert (kind, line_facts(read)) == ("account", facts)


@settings(deadline=None)
@given(texts, st.none() | st.integers(0, 10**6), texts, texts, texts, texts, texts)
def test_all_facts_of_a_line_read_back(
    sku: str, brand: int | None, country: str, region: str, payment: str, shipping: str, source: str
) -> None:
    """From the question; the key holds those that most mappings select on."""
    facts = LineFacts(
        "1000", ((7,),), ("vip",), 3, sku, brand, "digital", 2, country, region, payment, shipping, source
    )
    kind, read = read_key(line_question(facts))
    assert (kind, line_facts(read)) == ("account", facts)


@settings(deadline=None)
@given(words, texts, texts, st.decimals(0, 99, places=4), texts, texts)
def test_facts_of_a_tax_read_back(
    company: str, country: str, region: str, rate: Decimal, tax_class: str, provider: str
) -> None:
    """The same for taxes."""
    facts = TaxFacts(company, country, region, rate, tax_class, provider)
    kind, read = read_key(tax_key(facts))
    assert (kind, tax_facts(read)) == ("tax", facts)


@given(st.sampled_from(["none", "unreadable", "FR"]), texts, st.none() | st.integers(0, 99), words)
def test_every_fact_of_a_tax_reads_back(vat_id: str, category: str, group: int | None, kind: str) -> None:
    """From the question; the key holds what was charged alone."""
    facts = TaxFacts("1000", "FR", "", Decimal(0), "Books", "Ava", vat_id, category, group, kind)
    read = read_key(tax_question(facts))
    assert (read[0], tax_facts(read[1])) == ("tax", facts)
    assert tax_key(facts) == "tax:country=FR,rate=0,class=Books,provider=Ava,company_code=1000"


def test_keys_are_readable() -> None:
    """People see them in alerts."""
    assert line_key(LineFacts("1000", ((42, 7), (43,)), ("vip",), 3)) == (
        "account:category=42>7+43,segment=vip,group=3,company_code=1000"
    )
    assert line_key(LineFacts("1000")) == "account:category=none,company_code=1000"
    assert tax_key(TaxFacts("1000", "DE", "", Decimal("19.0000"), "Default Tax Class")) == (
        "tax:country=DE,rate=19,class=Default Tax Class,company_code=1000"
    )
    assert key_of("role", {"role": "freight", "nothing": ""}) == "role:role=freight"


@pytest.mark.parametrize("key", ["", "account", "account:category"])
def test_what_is_no_key_is_refused(key: str) -> None:
    """Parked causes may have other forms."""
    with pytest.raises(GapKeyInvalid):
        read_key(key)


@pytest.mark.parametrize(
    "facts", [{"category": "x"}, {"category": "1>x"}, {"group": "x"}, {"brand": "x"}, {"channel": "x"}]
)
def test_a_line_key_with_broken_numbers_is_refused(facts: dict[str, str]) -> None:
    """Nothing is guessed."""
    with pytest.raises(GapKeyInvalid):
        line_facts(facts)


@pytest.mark.parametrize("facts", [{}, {"rate": "x"}, {"rate": "0", "group": "x"}])
def test_a_tax_key_with_broken_numbers_is_refused(facts: dict[str, str]) -> None:
    """Nothing is guessed."""
    with pytest.raises(GapKeyInvalid):
        tax_facts(facts)
