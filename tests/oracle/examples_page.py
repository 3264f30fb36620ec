"""Renders docs/reference/posting-examples.md from by_hand.toml: `python -m tests.oracle.examples_page`."""

from collections.abc import Iterable
from pathlib import Path

from .by_hand import ORDERS, Line, lines_of
from .corpus import Cart

__all__ = ["PAGE", "rendered"]

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "posting-examples.md"

HEAD = """# Examples of postings

Made from `tests/oracle/by_hand.toml`: `python -m tests.oracle.examples_page`. Every example was derived by hand. The
tests work the arithmetic out again, post the order into the simulated SAP system and compare to the cent.
[The rules](../explanation/rules.md) say which example shows what.

Debits are positive, credits negative. A tax line stands on SAP's own account of its code. Unless said otherwise prices
include tax, and goods go to Germany; products have accounts by their categories. The orders are placed on 4 March 2026
at 23:30 UTC, which is 5 March in Berlin, where company code 1000 keeps its books.
"""

TABLE = "| | account | cost object | tax code | base | amount | |\n|---|---|---|---|---|---|---|\n"


MARKS = {
    "MABER": "dunning area",
    "MANSP": "dunning block",
    "VALUT": "value date",
    "XREF3": "reference key 3",
    "ZLSPR": "payment block",
    "ZTERM": "terms of payment",
    "ZUONR": "assignment",
}
"""Fields of SAP's that an example shows, in words."""

TENDERS = {"gift": "gift certificate", "credit": "store credit"}


def rendered() -> str:
    """Return the page."""
    return HEAD + "".join(
        f"\n## {_title(name)}\n\n{_sold(order['cart'])}\n{_documents(order['postings'])}"
        for name, order in ORDERS.items()
    )


def _title(name: str) -> str:
    return name[0].upper() + name[1:]


def _documents(postings: str) -> str:
    lines = list(lines_of(postings))
    heads = list(dict.fromkeys(line.head for line in lines))
    return "".join(
        f"\n{_heading(mine[0])}\n\n{TABLE}{''.join(_rows(mine))}"
        for head in heads
        if (mine := [line for line in lines if line.head == head])
    )


def _heading(first: Line) -> str:
    company, kind, day, translated, currency, document, tax, part = first.head
    rate = f", exchange rate of {_date(translated)}" if translated != day else ""
    rate += f", document date {_date(document)}" if document != day else ""
    rate += f", tax date {_date(tax)}" if tax else ""
    kind = f"{kind}, part {part}" if part else kind
    note = f"; {first.note}" if first.note else ""
    return f"**{kind}**, company code {company}, {_date(day)}, {currency}{rate}{note}"


def _sold(cart: Cart) -> str:
    """Tell what was ordered."""
    priced = [
        *(_priced(_kind(line), line) for line in cart["lines"]),
        *(_priced("wrapping", {"price": line["wrapping"]}) for line in cart["lines"] if "wrapping" in line),
        *(_priced(name, charge) for name in ("shipping", "handling", "fees") for charge in cart.get(name, ())),
    ]
    taken = [f"{cart['off']} off the order"] if "off" in cart else []
    taken += [f"{cart['shipping_off']} off shipping"] if "shipping_off" in cart else []
    taken += [f"{cart[name]} paid by {words}" for name, words in TENDERS.items() if name in cart]
    where = f" To {' and '.join(cart['to'])}." if cart.get("to") else ""
    basis = "" if cart.get("inclusive", True) else " Prices without tax."
    options = "".join(f" `{rule}`" for name in ("options", "sections") for rule in cart.get(name, ()))
    return f"Ordered: {'; '.join(priced + taken)}.{where}{basis}{options}"


def _kind(line: Cart) -> str:
    return {"giftcertificate": "gift certificate", "digital": "download"}.get(line.get("type", ""), "product")


def _priced(what: str, priced: Cart) -> str:
    rate = priced.get("rate", "19")
    percent = rate if isinstance(rate, str) else " + ".join(rate)
    number = f"{priced['qty']} x " if "qty" in priced else ""
    number = f"({priced['times']} lines) " if "times" in priced else number
    off = f" less {priced['off']}" if "off" in priced else ""
    return f"{what} {number}{priced['price']}{off} at {percent} %"


def _date(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def _rows(lines: Iterable[Line]) -> Iterable[str]:
    for line in lines:
        kind, first, *rest = line.words
        cells = {
            "customer": [first, "", "", ""],
            "account": [first, *(word.replace("-", "") for word in rest), ""],
            "tax": ["", "", first, rest[-1] if rest else ""],
        }[kind]
        how = f"= {line.arithmetic}" if line.arithmetic else ""
        marks = ", ".join(f"{MARKS[name]} {value}" for name, _, value in (mark.partition("=") for mark in line.marks))
        because = "; ".join(part for part in (how, marks, line.why) if part)
        yield f"| {kind} | {' | '.join(cells)} | {line.amount} | {because} |\n".replace("|  |", "| |").replace(
            "|  |", "| |"
        )


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(rendered(), encoding="utf-8")


if __name__ == "__main__":
    main()
