"""WHERE clauses: nothing from outside becomes a token, no line is too long."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_agent.luw import where
from mlconnector_shared.envelope import Predicate

TOKEN = re.compile(r"'(?:[^']|'')*'|[^\s']+")


def test_a_comparison() -> None:
    """Quotes are doubled, an empty value is a blank as ABAP writes it."""
    assert where.compare("BUTXT", "EQ", "O'Neil") == ["BUTXT", "=", "'O''Neil'"]
    assert where.compare("BSTAT", "EQ", "") == ["BSTAT", "=", "' '"]


def test_alternatives_stand_in_parentheses() -> None:
    """One value needs none; several are joined by OR."""
    assert " ".join(where.any_of("BUKRS", ["1000"])) == "BUKRS = '1000'"
    assert " ".join(where.any_of("BUKRS", ["1000", "2000"])) == "( BUKRS = '1000' OR BUKRS = '2000' )"


def test_ranges_of_a_compound_key() -> None:
    """The first column that differs decides."""
    after = " ".join(where.after_key(("A", "B"), ("1", "2")))
    assert after == "( A > '1' OR ( A = '1' AND B > '2' ) )"
    upto = " ".join(where.up_to_key(("A", "B"), ("1", "2")))
    assert upto == "( A < '1' OR ( A = '1' AND B <= '2' ) )"


@pytest.mark.parametrize(
    ("field", "value"),
    [("BUKRS OR 1", "x"), ("bukrs", "x"), ("", "x"), ("BUKRS", "a\nb"), ("BUKRS", "x" * 71), ("BUKRS", "'" * 36)],
)
def test_what_cannot_be_written_is_refused(field: str, value: str) -> None:
    """Names that are no columns, line breaks, and literals longer than a line."""
    with pytest.raises(ValueError, match=r"column|characters"):
        where.compare(field, "EQ", value)


@given(st.lists(st.tuples(st.from_regex(r"[A-Z][A-Z0-9_]{0,9}", fullmatch=True), st.text(max_size=30)), min_size=1))
def test_lines_are_short_and_mean_the_same(conditions: list[tuple[str, str]]) -> None:
    """Broken into lines the clause has the same tokens, whatever the values; each value is one literal."""
    printable = [(field, value) for field, value in conditions if value.isprintable()]
    predicates = [Predicate(field, "EQ", value) for field, value in printable if len(value.replace("'", "''")) < 60]
    tokens = where.both(where.predicates(predicates))
    lines = where.lines(tokens)
    assert all(len(line) <= 72 for line in lines)
    assert [token for line in lines for token in TOKEN.findall(line)] == tokens
    literals = [token for token in tokens if token.startswith("'")]
    assert [literal[1:-1].replace("''", "'") for literal in literals] == [p.value or " " for p in predicates]
