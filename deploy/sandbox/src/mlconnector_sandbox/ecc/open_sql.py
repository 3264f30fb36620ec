"""The WHERE clause of RFC_READ_TABLE: Open SQL in lines of 72 characters, translated to SQLite.

Grammar: conditions joined by AND, OR, NOT and parentheses; each compares a column with literals by =, <>, <, >, <=, >=
(or EQ NE LT GT LE GE), LIKE ... [ESCAPE], IN ( ... ) or BETWEEN ... AND .... As in ABAP every token stands between
blanks, a literal does not run over the end of a line, and quotes inside a literal are doubled.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from .schema import Column, TableSchema

__all__ = ["And", "Comparison", "Condition", "Not", "OptionNotValidError", "Or", "parse", "to_sql"]

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[^\s']+)(?=\s|$)")
_OPERATORS = {"EQ": "=", "NE": "<>", "LT": "<", "GT": ">", "LE": "<=", "GE": ">="}
_COMPARISONS = {"=", "<>", "<", ">", "<=", ">="}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
Value = str | int


class OptionNotValidError(Exception):
    """The clause is not Open SQL, or names a column the table lacks."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column compared with values. `operator` is an SQL operator."""

    column: Column
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of the parts holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Condition"


Condition = Comparison | And | Or | Not


def parse(lines: Iterable[str], schema: TableSchema) -> Condition | None:
    """Parse the lines of a clause; None if there is none."""
    tokens = [token for line in lines for token in _tokens(line)]
    return _Parser(tokens, schema).clause() if tokens else None


def to_sql(condition: Condition) -> tuple[str, list[Value]]:
    """Translate a condition to SQL with parameters."""
    if isinstance(condition, Comparison):
        return _comparison(condition.column.name, condition.operator, condition.values), list(condition.values)
    if isinstance(condition, Not):
        text, values = to_sql(condition.part)
        return f"NOT {text}", values
    parts = [to_sql(part) for part in condition.parts]
    word = " AND " if isinstance(condition, And) else " OR "
    return f"({word.join(text for text, _ in parts)})", [value for _, values in parts for value in values]


def _comparison(name: str, operator: str, values: tuple[Value, ...]) -> str:
    if operator == "BETWEEN":
        return f"{name} BETWEEN ? AND ?"
    if operator == "IN":
        return f"{name} IN ({', '.join('?' * len(values))})"
    return f"{name} LIKE ? ESCAPE ?" if operator == "LIKE" else f"{name} {operator} ?"


def _tokens(line: str) -> list[str]:
    found, position, text = [], 0, line.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise OptionNotValidError(text[position:])
        found.append(match.group(1))
        position = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[str], schema: TableSchema) -> None:
        self._tokens, self._at, self._schema = tokens, 0, schema

    def clause(self) -> Condition:
        condition = self._or()
        if self._at < len(self._tokens):
            raise OptionNotValidError(self._tokens[self._at])
        return condition

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise OptionNotValidError("the clause ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at].upper() == word:
            self._at += 1
            return True
        return False

    def _needs(self, word: str) -> None:
        if not self._takes(word):
            raise OptionNotValidError(f"{word} expected")

    def _or(self) -> Condition:
        parts = [self._and()]
        while self._takes("OR"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Condition:
        parts = [self._not()]
        while self._takes("AND"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Condition:
        if self._takes("NOT"):
            return Not(self._not())
        if self._takes("("):
            inner = self._or()
            self._needs(")")
            return inner
        return self._predicate()

    def _predicate(self) -> Condition:
        name = self._next()
        column = self._schema.by_name.get(name.upper())
        if column is None:
            raise OptionNotValidError(name)
        negated = self._takes("NOT")
        word = self._next().upper()
        operator = _OPERATORS.get(word, word)
        if operator in _COMPARISONS and not negated:
            return Comparison(column, operator, (self._value(column),))
        condition = self._special(column, operator)
        return Not(condition) if negated else condition

    def _special(self, column: Column, operator: str) -> Comparison:
        if operator == "LIKE":
            pattern = _literal(self._next())
            escape = _literal(self._next()) if self._takes("ESCAPE") else "\\"
            return Comparison(column, "LIKE", (pattern.rstrip(" "), escape))
        if operator == "BETWEEN":
            low = self._value(column)
            self._needs("AND")
            return Comparison(column, "BETWEEN", (low, self._value(column)))
        if operator == "IN":
            return Comparison(column, "IN", tuple(self._list(column)))
        raise OptionNotValidError(operator)

    def _list(self, column: Column) -> list[Value]:
        self._needs("(")
        values = [self._value(column)]
        while not self._takes(")"):
            self._needs(",")
            values.append(self._value(column))
        return values

    def _value(self, column: Column) -> Value:
        token = self._next()
        text = token if _NUMBER.fullmatch(token) else _literal(token)
        if column.numeric:
            try:
                return int(Decimal(text.strip()).scaleb(column.decimals))
            except InvalidOperation as error:
                raise OptionNotValidError(token) from error
        if column.abap == "NUMC" and text.strip().isdecimal():
            return text.strip().zfill(column.length)
        return text.rstrip(" ")


def _literal(token: str) -> str:
    if len(token) < 2 or token[0] != "'" or token[-1] != "'":  # noqa: PLR2004 - a pair of quotes
        raise OptionNotValidError(token)
    return token[1:-1].replace("''", "'")
