"""Orders whose postings were derived by hand: books and oracle both come to them, and their arithmetic is right."""

import ast
import operator
import re
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pytest

from . import examples_page
from .books import Books, mappings
from .by_hand import ORDERS, Line, lines_of
from .expected import expected
from .judging import disagreements, together
from .lives import lives_of
from .sums import Key, Sums

LEAST = 40
SIGNS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def sums_of(lines: list[Line]) -> Sums:
    """Add up what was written down, as the books are added up."""
    sums: dict[Key, int] = defaultdict(int)
    for line in lines:
        kind, *rest = line.words
        if kind == "customer":
            sums[(*line.head, "customer", rest[0], "S" if line.minor > 0 else "H", *line.marks)] += line.minor
        elif kind == "account":
            account, objects, code = ("" if word == "-" else word for word in rest)
            sums[(*line.head, "account", account, objects, code, *line.marks)] += line.minor
            if code:
                sums[(*line.head, "net", code)] += line.minor
        else:
            code, _, base = rest
            sums[(*line.head, "tax", *code.split("/"))] += line.minor
            sums[(*line.head, "base", *code.split("/"))] += int(base.replace(".", ""))
    return {key: (amount, amount) for key, amount in sums.items() if amount}


def worked_out(node: ast.expr) -> Decimal:
    """Work an expression out exactly."""
    match node:
        case ast.Constant(value=value):
            return Decimal(str(value))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -worked_out(operand)
        case ast.BinOp(left=left, op=sign, right=right):
            return Decimal(SIGNS[type(sign)](worked_out(left), worked_out(right)))
        case _:
            raise AssertionError(ast.dump(node))


@pytest.mark.parametrize("name", ORDERS)
def test_books_and_oracle_come_to_what_was_derived_by_hand(held: Books, name: str) -> None:
    """To the unit: no sum is a range here."""
    place, cart = list(ORDERS).index(name), {"inclusive": True, **ORDERS[name]["cart"]}
    by_hand = sums_of(list(lines_of(ORDERS[name]["postings"])))
    stages = lives_of(2_000_001 + place, cart)

    assert disagreements(by_hand, held.after(stages, cart)) == []
    assert expected(stages, mappings(stages, cart)) == together(by_hand)


@pytest.mark.parametrize("name", ORDERS)
def test_the_arithmetic_beside_the_postings_is_right(name: str) -> None:
    """Each expression comes to its amount, each document to zero, each base to the accounts with its code."""
    lines = list(lines_of(ORDERS[name]["postings"]))
    wrong = [
        f"{' '.join(line.words)} {line.amount} = {line.arithmetic}"
        for line in lines
        if line.arithmetic and _rounded(line.arithmetic, line.places) != Decimal(line.amount)
    ]
    assert wrong == []
    for document in {line.head for line in lines}:
        mine = [line for line in lines if line.head == document]
        assert sum(line.minor for line in mine) == 0
        for tax in (line for line in mine if line.words[0] == "tax"):
            code = tax.words[1].partition("/")[0]
            of_code = [line.minor for line in mine if line.words[0] == "account" and line.words[3] == code]
            assert Decimal(tax.words[3]) == Decimal(sum(of_code)).scaleb(-tax.places)


def _rounded(arithmetic: str, places: int) -> Decimal:
    # Amounts are read as texts: a float would not be what was written.
    quoted = re.sub(r"[0-9.]+", lambda number: f"'{number[0]}'", arithmetic)
    amount = worked_out(ast.parse(quoted, mode="eval").body)
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def test_there_are_enough_of_them() -> None:
    """Each with its own name."""
    assert len(ORDERS) >= LEAST


def test_the_page_of_examples_is_made_of_them() -> None:
    """After a change of by_hand.toml: `python -m tests.oracle.examples_page`."""
    assert examples_page.PAGE.read_text("utf-8") == examples_page.rendered()
