"""WHERE clauses of RFC_READ_TABLE, pure: lines of at most 72 characters, broken only between tokens, values quoted.

Nobody else writes such a clause: a value from outside becomes a literal, never a token.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from mlconnector_shared.envelope import Predicate

__all__ = ["Tokens", "after_key", "any_of", "both", "compare", "lines", "predicates", "up_to_key"]

Tokens = list[str]

_LINE: Final = 72
_FIELD: Final = re.compile(r"[A-Z][A-Z0-9_/]{0,29}")
_OPERATORS: Final = {"EQ": "=", "NE": "<>", "GE": ">=", "LE": "<=", "GT": ">", "LT": "<"}


def compare(field: str, op: str, value: str) -> Tokens:
    """Return one comparison of a column with a value; `op` is a `Predicate`'s.

    Raises:
        ValueError: the name is no column's, or the value cannot be written as a literal on one line.
    """
    if not _FIELD.fullmatch(field):
        raise ValueError(f"{field!r} is not the name of a column")
    if not value.isprintable():
        raise ValueError(f"a value of {field} holds characters that cannot stand in a WHERE clause")
    literal = "'{}'".format(value.replace("'", "''") or " ")
    if len(literal) > _LINE:
        raise ValueError(f"a value of {field} is too long for a line of a WHERE clause ({len(literal)} characters)")
    return [field, _OPERATORS[op], literal]


def any_of(field: str, values: Sequence[str]) -> Tokens:
    """Return the condition that a column has one of these values; there must be one."""
    alternatives = [compare(field, "EQ", value) for value in values]
    return alternatives[0] if len(alternatives) == 1 else ["(", *_joined(alternatives, "OR"), ")"]


def both(conditions: Iterable[Tokens]) -> Tokens:
    """Return the condition that all of these hold."""
    return _joined(conditions, "AND")


def predicates(where: Iterable[Predicate]) -> list[Tokens]:
    """Return the conditions of a read envelope."""
    return [compare(predicate.field, predicate.op, predicate.value) for predicate in where]


def after_key(key: Sequence[str], values: Sequence[str]) -> Tokens:
    """Return the condition that a row comes after this key, in the key's order."""
    return _beyond(key, values, "GT", last="GT")


def up_to_key(key: Sequence[str], values: Sequence[str]) -> Tokens:
    """Return the condition that a row does not come after this key."""
    return _beyond(key, values, "LT", last="LE")


def lines(tokens: Iterable[str]) -> list[str]:
    """Break a clause into the lines of OPTIONS."""
    broken: list[str] = []
    for token in tokens:
        if broken and len(broken[-1]) + 1 + len(token) <= _LINE:
            broken[-1] += f" {token}"
        else:
            broken.append(token)
    return broken


def _beyond(key: Sequence[str], values: Sequence[str], op: str, *, last: str) -> Tokens:
    """Compare column after column: the first that differs decides."""
    field, value = key[0], values[0]
    if len(key) == 1:
        return compare(field, last, value)
    rest = _beyond(key[1:], values[1:], op, last=last)
    return ["(", *compare(field, op, value), "OR", "(", *compare(field, "EQ", value), "AND", *rest, ")", ")"]


def _joined(conditions: Iterable[Tokens], word: str) -> Tokens:
    tokens: Tokens = []
    for condition in conditions:
        if tokens:
            tokens.append(word)
        tokens.extend(condition)
    return tokens
