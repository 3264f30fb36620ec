"""The books are what the oracle expects, over a corpus that holds every kind of money."""

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest

from .books import Books
from .corpus import PER_RECIPE, RECIPES, corpus
from .judging import found, judge, wanted
from .kinds import COMBINED, KINDS
from .sums import HEAD, Key, shares

CORPUS = list(corpus())
LEAST = 200

INDEPENDENT = (
    "anything",
    "corpus",
    "earning",
    "expected",
    "goods",
    "kinds",
    "later",
    "ledger",
    "lives",
    "payments",
    "refunds",
    "rules",
    "showing",
    "sums",
    "till",
)
UNPOSTED = {
    "company_without_debtor",
    "company_awaited",
    "invoice_payment",
    "awaiting_payment",
    "cancelled_unpaid",
    "closed_moves_not_into_the_future",
    "closed_waits",
    "held",
    "imported",
    "invoiced_once_captured_not_yet",
    "invoiced_once_ordered_others_wait",
    "invoiced_once_shipped_not_yet",
    "intra_community_without_vat_id",
    "marketplace",
    "no_reason_for_no_tax",
    "paid_in_another_currency",
    "rate_of_another_code",
    "single_purpose_voucher",
    "store_credit_across_currencies",
    "tax_not_at_its_rate",
    "test_gateway",
    "test_payment",
    "totals_too_far_apart",
    "vat_id_mistyped",
    "vat_id_of_the_own_country",
}
TAKEN_BACK = (
    "adopted",
    "adopted_not_reversed",
    "cancelled",
    "cost_objects",
    "deferred_cancelled",
    "remapped_then_refunded",
    "reversed",
    "reversed_deferred",
    "reversed_with_tenders",
    "new_york_back_by_parts",
    "not_reversed_after_a_refund",
    "not_reversed_once_cleared",
    "refund_of_the_order_twice_as_goodwill",
    "very_long_cancelled",
    "very_long_refunded",
    "cancelled_after_a_refund",
    "cancelled_after_two_refunds",
    "cancelled_with_tenders",
    "edit_approved_for_its_refund",
    "edit_then_cancelled",
    "refund_of_tax_then_cancelled",
)
STANDARD = sys.stdlib_module_names


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_books_are_what_the_oracle_expects(held: Books, recipe: str) -> None:
    """Every sum per company code, document type, date, account, cost center and tax code."""
    apart = {
        name: judge(held, number, cart)
        for number, (name, cart) in enumerate(CORPUS, 1_000_001)
        if name.rpartition("-")[0] == recipe
    }
    assert {name: lines for name, lines in apart.items() if lines} == {}


def test_the_corpus_is_large_enough() -> None:
    """And every run draws the same."""
    assert len({str(cart) for _, cart in CORPUS}) >= LEAST
    assert list(corpus()) == CORPUS


@pytest.mark.parametrize("kind", KINDS)
def test_the_corpus_holds_every_kind_of_money(kind: str) -> None:
    """More than once."""
    assert sum(KINDS[kind](cart) for _, cart in CORPUS) >= PER_RECIPE


def test_kinds_that_meet_do_so_in_one_order() -> None:
    """Each with prices that include tax and with prices that do not, and the pairs that share rules."""
    lacking = [
        (one, other)
        for one, other in COMBINED
        if not any(KINDS[one](cart) and KINDS[other](cart) for _, cart in CORPUS)
    ]
    assert lacking == []


@pytest.mark.parametrize("module", INDEPENDENT)
def test_the_oracle_imports_nothing_of_the_product(module: str) -> None:
    """Nor of the simulators, nor of the tests' support: only the standard library and itself."""
    tree = ast.parse((Path(__file__).parent / f"{module}.py").read_text("utf-8"))
    imported = {name for node in ast.walk(tree) for name in _imported(node)}
    assert imported - STANDARD <= {f".{one}" for one in INDEPENDENT}


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "").partition(".")[0]]
    return []


def test_what_must_wait_or_is_not_ours_is_not_posted() -> None:
    """And nothing else: the oracle expects a document of every other order."""
    nothing = {
        name.rpartition("-")[0] for number, (name, cart) in enumerate(CORPUS, 1_000_001) if not wanted(number, cart)
    }
    assert nothing == UNPOSTED


@pytest.mark.parametrize("recipe", TAKEN_BACK)
def test_what_is_taken_back_whole_leaves_nothing(held: Books, recipe: str) -> None:
    """Every account, tax code and base ends at zero, to the unit."""
    for number, (name, cart) in enumerate(CORPUS, 1_000_001):
        if name.rpartition("-")[0] == recipe:
            left: Counter[Key] = Counter()
            for key, (amount, _) in found(held, number, cart).items():
                what = key[HEAD:]
                left[what[:2] if what[0] == "customer" else what] += amount
            assert {key: amount for key, amount in left.items() if amount} == {}


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (15, [100, 50], [(10, 10), (5, 5)]),
        (100, [1, 1, 1], [(33, 34), (33, 34), (33, 34)]),
        (-100, [2, 1], [(-67, -67), (-33, -33)]),
        (0, [0, 0], [(0, 0), (0, 0)]),
    ],
)
def test_a_unit_that_a_tie_leaves_open_is_a_range(total: int, weights: list[int], parts: list[tuple[int, int]]) -> None:
    """Else the largest remainders have it."""
    assert shares(total, weights) == parts
