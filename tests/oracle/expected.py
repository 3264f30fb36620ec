"""What an order's documents must come to: an oracle beside the product, of which it imports nothing.

It works in whole smallest units, from the order's totals, from what was charged for each part of the cart, and from the
mapping file as plain data; it knows no lines of a document, no readings and no drafts. It answers with sums per company
code, document type, dates, account, cost center and tax code. Where a rule leaves a unit open (two parts with the same
remainder), a sum is a range, and the sums per tax code, which hold no such choice, are exact.

Shipments, deferred revenue, payments and US tax by SAP's jurisdiction codes are not built: nothing here knows of them.
Nor of reversals, which SAP derives from the document reversed: cancellations are credit memos here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from .goods import HUNDRED, SCALE, Part, Stage, sub
from .refunds import Ledger, credit_refunds, money_agrees, undo_declined
from .rules import Data, Rules
from .sums import Code, Document, Posted, Range, Sums, exact, ratio, shares, summed

__all__ = ["expected"]


def expected(stages: Sequence[Stage], mappings: Sequence[Data]) -> Sums:
    """Return what an order's documents must come to after all its stages, each with the mapping then in force."""
    ledger = Ledger()
    for stage, mapping in zip(stages, mappings, strict=True):
        _after(ledger, stage, Rules(stage, mapping))
    first = Rules(stages[0], mappings[0])
    sums: Sums = {}
    for document in ledger.documents:
        for key, (low, high) in as_booked(document, first).items():
            known = sums.get(key, (0, 0))
            sums[key] = (known[0] + low, known[1] + high)
    return {key: amount for key, amount in sums.items() if amount != (0, 0)}


def _after(ledger: Ledger, stage: Stage, rules: Rules) -> None:
    """Add what an order owes as it is now."""
    if not ledger.documents:
        if not _owed(rules) or not _invoice(ledger, rules):
            return
        ledger.shown = stage
    undo_declined(ledger, rules)
    credit_refunds(ledger, rules)
    _edited(ledger, rules)
    _cancelled(ledger, rules)


def _owed(rules: Rules) -> bool:
    """Tell whether an order is ours, and paid, captured or refunded."""
    order, mapping = rules.order, rules.mapping
    transactions = rules.stage.documents["transactions"]
    money = [one for one in transactions if one["event"] in {"purchase", "capture"} and one["status"] == "ok"]
    real = [one for one in money if not one.get("test")]
    if order["external_source"] == "M-MIG" or order["payment_method"] == "Test Payment Gateway":
        return False
    if transactions and not real and any(one.get("test") for one in transactions):
        return False
    if order["order_source"] in mapping.get("marketplaces", {}).get("park", ("amazon", "ebay")):
        return False
    if any(one.get("currency", rules.currency) != rules.currency for one in money):
        return False
    posts = order["status_id"] in {11, 9, 8, 3, 10, 2}
    captured = order["payment_status"] in {"captured", "paid"} or bool(money)
    return order["status_id"] != 0 and (posts or captured or bool(rules.stage.documents["refunds"]))


def _invoice(ledger: Ledger, rules: Rules) -> bool:
    """Add the invoice; nothing where it must wait for a person."""
    found = _document(rules, ledger.parts)
    if found is None:
        return False
    document, ledger.parts = found
    document.kind, document.day = "DR", rules.day(rules.order["date_created"])
    ledger.documents.append(document)
    if document.tendered and rules.company.get("tenders") == "own_document":
        ledger.documents.append(_apart(document))
    return True


def _apart(document: Document) -> Document:
    """Take the tenders out of an invoice, into a document of their own."""
    own = Document("DZ", document.day, owed=-document.tendered, tendered=document.tendered)
    for key in [key for key in document.accounts if key[0] in {"176500", "176600"} and document.accounts[key][0] < 0]:
        own.accounts[key] = document.accounts.pop(key)
    document.owed, document.tendered = document.owed + document.tendered, 0
    return own


def _document(rules: Rules, before: Sequence[Posted]) -> tuple[Document, list[Posted]] | None:
    """Return the sums of an order as it is; parts that were invoiced keep accounts and, at the same rate, codes."""
    parts = [part for part in rules.stage.parts if part.gross]
    known = {one.part.key: one for one in before}
    placed: list[tuple[Part, tuple[str, str], Code]] = []
    for part in parts:
        old = known.get(part.key)
        account = old.account if old else rules.account(part)
        code = old.code if old and old.part.rate == part.rate else rules.code(part)
        if account is None or code is None or (part.key[0] == "gift_certificate" and part.rate):
            return None
        placed.append((part, account, code))
    tenders = {name: rules.minor(rules.amount(f"{name}_amount")) for name in ("gift_certificate", "store_credit")}
    if tenders["store_credit"] and rules.currency != rules.order["store_default_currency_code"]:
        return None
    total = rules.amount("total_inc_tax")
    if rules.stage.total == "after":
        total += rules.amount("gift_certificate_amount") + rules.amount("store_credit_amount")
    contradiction = total - sum(part.gross for part in parts)
    unit = SCALE // 10**rules.places
    rounding = rules.minor(contradiction) if 2 * abs(contradiction) > unit else 0
    limit = sub(str(rules.company.get("rounding_limit", "0")))
    if abs(contradiction) > max(limit, unit // 2):
        return None
    return _shared(rules, placed, rules.minor(total), rounding, tenders)


def _shared(
    rules: Rules,
    placed: Sequence[tuple[Part, tuple[str, str], Code]],
    gross: int,
    rounding: int,
    tenders: Mapping[str, int],
) -> tuple[Document, list[Posted]] | None:
    """Share total and tax out over the codes, and each code's net over its parts."""
    codes = list(dict.fromkeys(code for _, _, code in placed))
    mine = {code: [one for one in placed if one[2] == code] for code in codes}
    taxes = exact(rules.minor(rules.amount("total_tax")), [sum(p.tax for p, _, _ in mine[code]) for code in codes])
    grosses = exact(gross - rounding, [sum(part.gross for part, _, _ in mine[code]) for code in codes])
    document, posted = Document("", ""), list[Posted]()
    for code, tax, of_code in zip(codes, taxes, grosses, strict=True):
        if tax > of_code - tax or _implausible(tax, of_code - tax, [part for part, _, _ in mine[code]]):
            return None
        posted += _parts(rules, document, mine[code], of_code - tax, tax)
        document.nets[code.name] += of_code - tax
        document.taxes[code] += tax
    if rounding:
        document.book(rules.role("rounding"), "", (rounding, rounding))
    for name, amount in tenders.items():
        if amount:
            document.book(rules.role(name), "", (-amount, -amount))
    document.tendered = sum(tenders.values())
    document.owed = gross - document.tendered
    return (document, posted) if document.owed >= 0 else None


def _implausible(tax: int, net: int, parts: Sequence[Part]) -> bool:
    """Tell whether a code's tax is further from its rate than a unit per part and one more."""
    rates = {part.rate for part in parts}
    if len(rates) > 1:
        return False
    return abs(tax * HUNDRED - net * rates.pop()) > (len(parts) + 1) * HUNDRED


def _parts(
    rules: Rules,
    document: Document,
    placed: Sequence[tuple[Part, tuple[str, str], Code]],
    net: int,
    tax: int,
) -> Iterable[Posted]:
    grosses = shares(net + tax, [part.gross for part, _, _ in placed])
    taxes = shares(tax, [part.tax for part, _, _ in placed])
    own = rules.company.get("discounts") == "own_account"
    for (part, account, code), gross, part_tax in zip(placed, grosses, taxes, strict=True):
        part_net = gross[0] - part_tax[1], gross[1] - part_tax[0]
        full = _full(part, part_net) if own else part_net
        yield Posted(part, account, code, part_net, part_tax, full, gross[0], part.quantity)
        document.book(account, code.name, full)
        if full != part_net:
            document.book(rules.role("discount"), code.name, (part_net[0] - full[1], part_net[1] - full[0]))


def _full(part: Part, net: Range) -> Range:
    """Return what a part's net would be without its discounts."""
    return ratio(net[0], part.entered, part.left), ratio(net[1], part.entered, part.left)


def _edited(ledger: Ledger, rules: Rules) -> None:
    """Add the difference between an order as it is and as it was posted, as the company code wants it."""
    if ledger.shown is None or rules.stage.parts == ledger.shown.parts or ledger.cancelled:
        return
    how = rules.company.get("on_edit", "propose")
    found = _document(rules, ledger.parts) if how != "propose" else None
    if found is None:
        return
    now, parts = found
    # What was refunded stays in the order, so that it is no part of the edit.
    refunds = [memo.turned("", "") for memo in ledger.memos.values()]
    before = summed([*ledger.documents, *refunds], "", "", 1)
    change = now.owed - before.owed
    if ledger.memos and (how != "supplement" or not money_agrees(ledger, rules, change)):
        return
    ledger.reduced = ledger.reduced or change < 0
    if how == "supplement":
        difference = summed([now, summed([before], "", "", -1)], "", rules.today, 1)
        difference.kind = "DR" if difference.owed + difference.tendered >= 0 else "DG"
        difference.moved = _moved(ledger.parts, parts)
        ledger.documents.append(difference)
    else:
        rate = ledger.documents[0].translated or ledger.documents[0].day
        ledger.documents.append(before.turned("DG", rules.today, rate))
        ledger.documents.append(replace(now, kind="DR", day=rules.today, translated=rate))
    ledger.parts, ledger.shown = parts, rules.stage


def _moved(before: Sequence[Posted], now: Sequence[Posted]) -> int:
    """Return what came to any part that costs more than before."""
    old = {(one.part.key, one.code): one.gross for one in before}
    return sum(max(one.gross - old.get((one.part.key, one.code), 0), 0) for one in now)


def _cancelled(ledger: Ledger, rules: Rules) -> None:
    """Add what takes the rest back, once, unless something was shipped or waits for its refund."""
    documents = rules.stage.documents
    shipped = any(line["quantity_shipped"] for line in documents["products"])
    settled = all(one["id"] in ledger.given or not _waits(one) for one in documents["refunds"])
    if rules.order["status_id"] not in {5, 6} or ledger.cancelled or shipped or not settled:
        return
    rest = summed(ledger.documents, "", "", 1)
    if rest.owed + rest.tendered:
        original = rules.company.get("credit_memo_rate") == "original"
        ledger.documents.append(rest.turned("DG", rules.today, ledger.documents[0].day if original else ""))
        ledger.cancelled = True


def _waits(shown: Data) -> bool:
    return not all(payment["is_declined"] for payment in shown["payments"])


def as_booked(document: Document, rules: Rules) -> Sums:
    """Write a document's sums as the books show them: debits positive."""
    head = (
        str(rules.company["company_code"]),
        document.kind,
        document.day,
        document.translated or document.day,
        rules.currency,
    )
    sums: Sums = {}

    def add(what: tuple[str, ...], low: int, high: int) -> None:
        if (low, high) != (0, 0):
            sums[(*head, *what)] = (low, high)

    owed, all_ = document.owed, document.owed + document.tendered or document.moved
    if owed:
        add(("customer", rules.company["one_time_customer"], "S" if owed > 0 else "H"), owed, owed)
    else:
        add(("customer", rules.company["one_time_customer"], "S"), abs(all_), abs(all_))
        add(("customer", rules.company["one_time_customer"], "H"), -abs(all_), -abs(all_))
    liabilities: dict[str, int] = defaultdict(int)
    taxes: dict[str, int] = defaultdict(int)
    for code, tax in document.taxes.items():
        if code.liability:
            liabilities[code.liability] -= tax
        elif code.name:
            taxes[code.name] -= tax
    for account, amount in liabilities.items():
        add(("account", account, "", ""), amount, amount)
    for name, amount in taxes.items():
        add(("tax", name), amount, amount)
    for name, net in document.nets.items():
        if name:
            add(("net", name), -net, -net)
            add(("base", name), -net, -net)
    for what, (low, high) in document.on_accounts().items():
        add(("account", *what), -high, -low)
    return sums
