"""The WHERE clause of RFC_READ_TABLE."""

import pytest
from mlconnector_sandbox.ecc.open_sql import OptionNotValidError, parse, to_sql
from mlconnector_sandbox.ecc.schema import Column, TableSchema

SCHEMA = TableSchema(
    "T",
    "",
    (
        Column("BUKRS", "CHAR", 4, 0),
        Column("GJAHR", "NUMC", 4, 0),
        Column("WRBTR", "CURR", 13, 2),
        Column("XBLNR", "CHAR", 16, 0),
    ),
    ("BUKRS",),
)


@pytest.mark.parametrize(
    ("clause", "sql", "values"),
    [
        ("BUKRS = '1000'", "BUKRS = ?", ["1000"]),
        ("bukrs EQ '1000'", "BUKRS = ?", ["1000"]),
        ("BUKRS <> '1000' AND GJAHR GE 26", "(BUKRS <> ? AND GJAHR >= ?)", ["1000", "0026"]),
        (
            "BUKRS = '1' OR BUKRS = '2' AND GJAHR = '2026'",
            "(BUKRS = ? OR (BUKRS = ? AND GJAHR = ?))",
            ["1", "2", "2026"],
        ),
        (
            "( BUKRS = '1' OR BUKRS = '2' ) AND GJAHR = '2026'",
            "((BUKRS = ? OR BUKRS = ?) AND GJAHR = ?)",
            ["1", "2", "2026"],
        ),
        ("NOT BUKRS = '1'", "NOT BUKRS = ?", ["1"]),
        ("BUKRS IN ( '1' , '2' )", "BUKRS IN (?, ?)", ["1", "2"]),
        ("BUKRS NOT IN ( '1' )", "NOT BUKRS IN (?)", ["1"]),
        ("WRBTR BETWEEN 1 AND '10.50'", "WRBTR BETWEEN ? AND ?", [100, 1050]),
        ("WRBTR < -3", "WRBTR < ?", [-300]),
        ("XBLNR LIKE 'BC%'", "XBLNR LIKE ? ESCAPE ?", ["BC%", "\\"]),
        ("XBLNR LIKE 'B#_%' ESCAPE '#'", "XBLNR LIKE ? ESCAPE ?", ["B#_%", "#"]),
        ("XBLNR = 'O''Brien'", "XBLNR = ?", ["O'Brien"]),
        ("XBLNR = ' '", "XBLNR = ?", [""]),
    ],
)
def test_a_clause_becomes_sql_with_parameters(clause: str, sql: str, values: list[object]) -> None:
    """Literals never become part of the statement; blanks at the end do not count."""
    condition = parse([clause], SCHEMA)

    assert condition is not None
    assert to_sql(condition) == (sql, values)


def test_a_clause_may_break_between_tokens() -> None:
    """OPTIONS has lines of 72 characters."""
    assert parse(["BUKRS = '1000'", "AND GJAHR =", "'2026'"], SCHEMA) == parse(
        ["BUKRS = '1000' AND GJAHR = '2026'"], SCHEMA
    )


@pytest.mark.parametrize("lines", [[], [""], ["   "]])
def test_no_clause_selects_everything(lines: list[str]) -> None:
    """Empty lines are no condition."""
    assert parse(lines, SCHEMA) is None


@pytest.mark.parametrize(
    "lines",
    [
        ["BUKRS='1000'"],
        ["BUKRS = 1000x"],
        ["BUKRS = '1000'AND GJAHR = '2026'"],
        ["BUKRS = 'a literal cut off", "by the line'"],
        ["UNKNOWN = '1'"],
        ["BUKRS = '1' AND"],
        ["BUKRS = '1' BUKRS = '2'"],
        ["( BUKRS = '1'"],
        ["BUKRS IN ( '1' '2' )"],
        ["BUKRS NOT = '1'"],
        ["BUKRS IS NULL"],
        ["WRBTR = 'abc'"],
        ["BUKRS = '"],
        ["BUKRS BETWEEN '1' OR '2'"],
    ],
)
def test_what_is_not_open_sql_is_refused(lines: list[str]) -> None:
    """No blanks around operators, literals over the end of a line, unknown columns, half clauses."""
    with pytest.raises(OptionNotValidError):
        parse(lines, SCHEMA)
