"""What an order's documents must come to: an oracle beside the product, of which it imports nothing.

It works in whole smallest units, from the order's totals, from what was charged for each part of the cart, and from the
mapping file as plain data; it knows no lines of a document, no readings and no drafts. It answers with sums per company
code, document type, dates, account, cost center and tax code. Where a rule leaves a unit open (two parts with the same
remainder), a sum is a range, and the sums per tax code, which hold no such choice, are exact.

It knows not where a document of too many items is split: its parts come to what the whole does.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from .earning import earn_shipped
from .goods import HUNDRED, SCALE, Part, Stage, sub
from .ledger import Ledger
from .payments import pay
from .refunds import credit_refunds, money_agrees, undo_declined
from .rules import Data, Rules
from .showing import blocks_of, show_shipments
from .sums import Code, Document, Key, Posted, Range, Sums, exact, ratio, share_levels, shares, summed

__all__ = ["expected"]

Placed = tuple[Part, tuple[str, str], Code, tuple[str, str] | None]
"""A part with its account and tax code, and where its revenue waits until it is shipped."""


ENDED = {4, 5, 6, 14}
"""Cancelled, declined, and refunded in part or whole."""


def expected(stages: Sequence[Stage], mappings: Sequence[Data]) -> Sums:
    """Return what an order's documents must come to after all its stages, each with the mapping then in force."""
    ledger = Ledger()
    for stage, mapping in zip(stages, mappings, strict=True):
        _after(ledger, stage, Rules(stage, mapping))
    share_levels(ledger.documents)
    sums: Sums = {}
    for documents, terms in ((ledger.documents, True), (list(ledger.paid.values()), False)):
        for document in documents:
            assert ledger.first is not None
            for key, (low, high) in as_booked(document, ledger.first, terms=terms).items():
                known = sums.get(key, (0, 0))
                sums[key] = (known[0] + low, known[1] + high)
    return {key: amount for key, amount in sums.items() if amount != (0, 0)}


def _after(ledger: Ledger, stage: Stage, rules: Rules) -> None:
    """Add what an order owes as it is now."""
    if rules.held:
        return
    if not ledger.documents:
        if not _owed(rules) or not _invoice(ledger, rules):
            return
        ledger.shown, ledger.first = stage, rules
    pay(ledger, rules)
    undo_declined(ledger, rules)
    earn_shipped(ledger, rules)
    credit_refunds(ledger, rules)
    if _edited(ledger, rules):
        earn_shipped(ledger, rules)
        credit_refunds(ledger, rules)
    if _mapped_anew(ledger, rules):
        earn_shipped(ledger, rules)
    _cancelled(ledger, rules)
    show_shipments(ledger, rules)


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
    if rules.buyer["standing"] in {"awaited", "invoice_payment"} or not rules.debtor:
        return False
    if any(one.get("currency", rules.currency) != rules.currency for one in money):
        return False
    captured = order["payment_status"] in {"captured", "paid"} or bool(money)
    if order["status_id"] == 0 or rules.stage.documents["refunds"]:
        return bool(order["status_id"])
    if order["status_id"] in ENDED:
        return captured
    return {
        "ordered": True,
        "paid": captured or order["status_id"] in {11, 9, 8, 3, 10, 2},
        "captured": captured,
        "shipped": rules.all_shipped,
    }[rules.trigger]


def _invoice(ledger: Ledger, rules: Rules) -> bool:
    """Add the invoice; nothing where it must wait for a person."""
    found = _document(rules, ledger.parts)
    if found is None:
        return False
    document, parts = found
    document.kind, document.dated = rules.document_type("invoice"), rules.day(rules.order["date_created"])
    document.day, document.marks = _invoiced(rules), blocks_of(rules)
    if not ledger.add(document, rules):
        return False
    ledger.parts = parts
    if document.tendered and rules.company.get("tenders") == "own_document":
        ledger.add(_apart(document, rules), rules)
    return True


def _invoiced(rules: Rules) -> str:
    """Return the day that made an invoice owed: of the last shipment, or of the first payment, else of the order."""
    placed = rules.day(rules.order["date_created"])
    if rules.company.get("posting_date") == "order" or rules.trigger == "ordered":
        return placed
    if rules.trigger == "shipped" and rules.all_shipped:
        return max((rules.day(one["date_created"]) for one in rules.stage.documents["shipments"]), default=placed)
    taken = [
        rules.day(one["date_created"])
        for one in rules.stage.documents["transactions"]
        if one["event"] in {"purchase", "capture"} and one["status"] == "ok" and "date_created" in one
    ]
    return min(taken, default=placed)


def _apart(document: Document, rules: Rules) -> Document:
    """Take the tenders out of an invoice, into a document of their own."""
    own = Document(rules.document_type("payment"), document.day, owed=-document.tendered, tendered=document.tendered)
    own.dated = document.dated
    for key in [key for key in document.accounts if key[0] in {"176500", "176600"} and document.accounts[key][0] < 0]:
        own.accounts[key] = document.accounts.pop(key)
    document.owed, document.tendered = document.owed + document.tendered, 0
    return own


def _document(rules: Rules, before: Sequence[Posted]) -> tuple[Document, list[Posted]] | None:
    """Return the sums of an order as it is; parts that were invoiced keep accounts and, at the same rate, codes."""
    parts = [part for part in rules.stage.parts if part.gross]
    known = {one.part.key: one for one in before}
    placed: list[Placed] = []
    for part in parts:
        old = known.get(part.key)
        account = old.account if old else rules.account(part)
        code = old.code if old and old.part.rate == part.rate else rules.code(part)
        if account is None or code is None or (part.key[0] == "gift_certificate" and part.rate):
            return None
        placed.append((part, account, code, old.deferred if old else rules.deferred(part)))
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
    placed: Sequence[Placed],
    gross: int,
    rounding: int,
    tenders: Mapping[str, int],
) -> tuple[Document, list[Posted]] | None:
    """Share total and tax out over the codes, and each code's net over its parts."""
    codes = list(dict.fromkeys(code for _, _, code, _ in placed))
    mine = {code: [one for one in placed if one[2] == code] for code in codes}
    taxes = exact(rules.minor(rules.amount("total_tax")), [sum(p.tax for p, *_ in mine[code]) for code in codes])
    grosses = exact(gross - rounding, [sum(part.gross for part, *_ in mine[code]) for code in codes])
    document, posted = Document("", ""), list[Posted]()
    for code, tax, of_code in zip(codes, taxes, grosses, strict=True):
        if tax > of_code - tax or _implausible(tax, of_code - tax, [part for part, *_ in mine[code]]):
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
    placed: Sequence[Placed],
    net: int,
    tax: int,
) -> Iterable[Posted]:
    grosses = shares(net + tax, [part.gross for part, *_ in placed])
    taxes = shares(tax, [part.tax for part, *_ in placed])
    own = rules.company.get("discounts") == "own_account"
    for (part, account, code, deferred), gross, part_tax in zip(placed, grosses, taxes, strict=True):
        part_net = gross[0] - part_tax[1], gross[1] - part_tax[0]
        full = _full(part, part_net) if own else part_net
        yield Posted(part, account, code, part_net, part_tax, full, gross[0], part.quantity, deferred)
        document.book(deferred or account, code.name, full)
        if deferred:
            assert full[0] == full[1], "two parts with the same remainder: choose another amount"
            document.defer(part.key, part.quantity, full[0])
        if full != part_net:
            document.book(rules.role("discount"), code.name, (part_net[0] - full[1], part_net[1] - full[0]))


def _full(part: Part, net: Range) -> Range:
    """Return what a part's net would be without its discounts."""
    return ratio(net[0], part.entered, part.left), ratio(net[1], part.entered, part.left)


def _edited(ledger: Ledger, rules: Rules) -> bool:
    """Add the difference between an order as it is and as it was posted, as the company code wants it."""
    if ledger.shown is None or rules.stage.parts == ledger.shown.parts or ledger.cancelled:
        return False
    approved = "supplement" in rules.stage.choices
    how = "supplement" if approved else rules.company.get("on_edit", "propose")
    found = _document(rules, ledger.parts) if how != "propose" else None
    if found is None:
        return False
    now, parts = found
    # What was refunded stays in the order, so that it is no part of the edit.
    refunds = [memo.turned("", "") for memo in ledger.memos.values()]
    before = summed([*ledger.documents, *refunds], "", "", 1)
    change = now.owed - before.owed
    if ledger.memos and (how != "supplement" or not money_agrees(ledger, rules, change)):
        return False
    if how == "supplement":
        # What left at the price of then stays revenue: the difference falls to what is deferred yet.
        charged = summed([*(one for one in ledger.documents if not one.earned), *refunds], "", "", 1)
        difference = summed([now, summed([charged], "", "", -1)], "", rules.today, 1)
        more = difference.owed + difference.tendered >= 0
        difference.kind = rules.document_type("supplement" if more else "refund")
        difference.moved = _moved(ledger.parts, parts)
        added = ledger.add(difference, rules)
    else:
        rate = ledger.documents[0].rate_day
        added = ledger.add(before.turned(rules.document_type("reversal"), rules.today, rate), rules)
        now = replace(now, kind=rules.document_type("repost"), day=rules.today, translated=rate)
        now.marks = {} if ledger.released else blocks_of(rules)
        ledger.anew = len(ledger.documents)
        ledger.add(now, rules)
    if added:
        ledger.parts, ledger.shown, ledger.edited = parts, rules.stage, rules.today
        ledger.reduced = ledger.reduced or change < 0
    return added


def _mapped_anew(ledger: Ledger, rules: Rules) -> bool:
    """Take everything back and post the order by the mapping in force, where people asked for that and decided it.

    On the day of the newest document, at the invoice's exchange rate; not once anything was refunded or cancelled.
    """
    asked = rules.stage.remaps > ledger.remaps
    ledger.remaps = rules.stage.remaps
    edited = ledger.shown is not None and rules.stage.parts != ledger.shown.parts
    found = _document(rules, ()) if asked and not (ledger.given or ledger.cancelled or edited) else None
    if found is None or "reverse_and_repost" not in rules.stage.choices:
        return False
    now, parts = found
    before = summed(ledger.documents, "", "", 1)
    if now.on_accounts() == {key: amount for key, amount in before.accounts.items() if amount != (0, 0)}:
        return False
    day, rate = max(one.day for one in ledger.documents), ledger.documents[0].rate_day
    ledger.add(before.turned(rules.document_type("reversal"), day, rate), rules)
    now.kind, now.day, now.translated = rules.document_type("repost"), day, rate
    now.marks = {} if ledger.released else blocks_of(rules)
    ledger.anew = len(ledger.documents)
    ledger.add(now, rules)
    ledger.parts, ledger.shown, ledger.edited = parts, rules.stage, day
    return True


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
        invoice = ledger.documents[0]
        original = rules.company.get("credit_memo_rate") == "original"
        memo = rest.turned(rules.document_type("reversal"), rules.today, invoice.rate_day if original else "")
        ledger.cancelled = _reversed(ledger, rules) or ledger.add(memo, rules)


REVERSED_BY = {"DR": "DA", "DG": "DA", "DZ": "DA", "SA": "AB"}
"""Document types of reversals, as SAP's customizing has them (T003)."""


def _reversed(ledger: Ledger, rules: Rules) -> bool:
    """Have SAP mirror the invoice, where it is the only document and nothing speaks against it."""
    invoice, company = ledger.documents[0], rules.company
    alone = len(ledger.documents) == 1 and not rules.stage.documents["refunds"]
    if company.get("on_cancel") != "reversal" or not alone or rules.stage.cleared or rules.stage.adopted:
        return False
    same = invoice.posting[:6] == rules.today[:6]
    day = invoice.posting if same else rules.today
    if (not same and "reversal_reason_other_period" not in company) or day[:6] in rules.stage.closed:
        return False
    mirrored = invoice.turned(REVERSED_BY[invoice.kind], day, invoice.rate_day)
    mirrored.posting, mirrored.taxed = day, invoice.taxed
    mirrored.dated, mirrored.marks = invoice.dated, dict(invoice.marks)
    ledger.documents.append(mirrored)
    return True


def _waits(shown: Data) -> bool:
    return not all(payment["is_declined"] for payment in shown["payments"])


def as_booked(document: Document, rules: Rules, *, terms: bool) -> Sums:
    """Write a document's sums as the books show them: debits positive; its customer's lines with or without terms."""
    head = (
        str(rules.company["company_code"]),
        document.kind,
        document.posting,
        document.rate_day,
        rules.currency,
        document.dated or document.day,
        document.taxed,
        "",
    )
    customer = ("customer", rules.debtor)
    marks = _marks((rules.terms if terms else {}) | document.marks)
    sums: Sums = {}

    def add(what: tuple[str, ...], low: int, high: int) -> None:
        if (low, high) != (0, 0):
            sums[(*head, *what)] = (low, high)

    owed, all_ = document.owed, document.owed + document.tendered or document.moved
    if owed:
        add((*customer, "S" if owed > 0 else "H", *marks), owed, owed)
    else:
        add((*customer, "S", *marks), abs(all_), abs(all_))
        add((*customer, "H", *marks), -abs(all_), -abs(all_))
    for what, amount in _taxed(document).items():
        add(what, amount, amount)
    for what, (low, high) in document.on_accounts().items():
        add(("account", *what, *_marks(document.account_marks)), -high, -low)
    return sums


def _taxed(document: Document) -> Counter[Key]:
    """Return tax, base and net by code, and liabilities instead of tax; debits positive."""
    found: Counter[Key] = Counter()
    for code, tax in document.taxes.items():
        if code.liability:
            found["account", code.liability, "", ""] -= tax
        elif code.name and not code.levels:
            found["tax", code.name] -= tax
        for (authority, _), share in zip(code.levels, document.levels.get(code, ()), strict=True):
            found["tax", code.name, authority] -= share
            found["base", code.name, authority] -= document.nets[code.name]
    shared = {code.name for code in document.levels}
    for name in document.nets.keys() - {""}:
        found["net", name] -= document.nets[name]
        if name not in shared:
            found["base", name] -= document.nets[name]
    return found


def _marks(said: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in sorted(said.items())]
