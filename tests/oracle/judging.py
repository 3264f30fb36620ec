"""Holds the books against the oracle, order by order."""

from collections import Counter
from collections.abc import Sequence

from .books import Books, Paper, Refused, added, mappings
from .corpus import Cart
from .expected import expected
from .lives import lives_of
from .sums import HEAD, Key, Sums

__all__ = ["disagreements", "found", "judge", "together", "wanted"]

PART = HEAD - 1


def judge(books: Books, number: int, cart: Cart) -> list[str]:
    """Return what an order's documents in SAP and the oracle do not agree on, as lines to read."""
    try:
        papers = books.papers(lives_of(number, cart), cart)
        return disagreements(wanted(number, cart), together(added(papers))) + _misshapen(papers, cart)
    except Refused as refused:
        return [str(refused)]


def wanted(number: int, cart: Cart) -> Sums:
    """Return what the oracle expects of an order."""
    stages = lives_of(number, cart)
    return expected(stages, mappings(stages, cart))


def found(books: Books, number: int, cart: Cart) -> Sums:
    """Return what the product has posted of an order."""
    return together(books.after(lives_of(number, cart), cart))


def _misshapen(papers: Sequence[Paper], cart: Cart) -> list[str]:
    """Return what is wrong with documents one by one: lines that were to be summed, parts that do not stand alone."""
    wrong = []
    if "sum_lines = true" in cart.get("options", ()):
        wrong += [
            f"not summed: {line}" for paper in papers for line, count in Counter(paper.lines).items() if count > 1
        ]
    split = {key[:PART] for paper in papers for key in paper.sums if key[PART]}
    for paper in papers:
        head = next((key[:HEAD] for key in paper.sums), ())
        owed = sum(amount for key, (amount, _) in paper.sums.items() if key[HEAD] == "customer")
        taxes = {key[HEAD + 1]: amount for key, (amount, _) in paper.sums.items() if key[HEAD] == "tax"}
        bases = {key[HEAD + 1]: amount for key, (amount, _) in paper.sums.items() if key[HEAD] == "base"}
        if head[:PART] in split and (owed * sum(bases.values()) > 0 or taxes.keys() != bases.keys()):
            wrong.append(f"{' '.join(head)}: {owed} owed on bases {bases} with taxes {taxes}")
    return wrong


def together(sums: Sums) -> Sums:
    """Add the parts of a document that SAP takes only in parts; what its customer owes is one amount."""
    split = {key[:PART] for key in sums if key[PART]}
    whole: Counter[Key] = Counter()
    for key, (amount, _) in sums.items():
        whole[*key[:PART], "", *key[HEAD:]] += amount
    for key in [key for key in whole if key[:PART] in split and key[HEAD:][0] == "customer"]:
        there = (*key[: HEAD + 2], "S" if key[HEAD + 2] == "H" else "H", *key[HEAD + 3 :])
        taken = min(whole[key], -whole[there], key=abs) if there in whole else 0
        whole[key] -= taken
        whole[there] += taken
    return {key: (amount, amount) for key, amount in whole.items() if amount}


def disagreements(expected_: Sums, posted: Sums) -> list[str]:
    """Return each sum that is outside its range."""
    lines: list[str] = []
    for key in sorted({*expected_, *posted}):
        (low, high), (amount, _) = expected_.get(key, (0, 0)), posted.get(key, (0, 0))
        if not low <= amount <= high:
            lines.append(f"{' '.join(key)}: {amount} in the books, {_range(low, high)} expected")
    return lines


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"
