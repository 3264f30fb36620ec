"""What was paid and paid back: a document per transaction, the gateway's clearing account against the customer."""

import hashlib
from typing import Any

from .goods import sub
from .ledger import Ledger
from .rules import Data, Rules
from .sums import Document

__all__ = ["pay"]

IN_THE_INVOICE = {"gift_certificate", "store_credit"}
FIELDS = {"assignment": ("ZUONR", 18), "reference_key_3": ("XREF3", 20), "payment_reference": ("KIDNO", 30)}
"""SAP's field of a matching key, with its length."""


def pay(ledger: Ledger, rules: Rules) -> None:
    """Add a document per payment, once; what has no account or key waits and holds nothing up."""
    for one in sorted(rules.stage.documents["transactions"], key=lambda one: int(one["id"])):
        if one["id"] not in ledger.paid and _counts(one, rules):
            document = _document(one, rules)
            if document is not None:
                ledger.pay(one["id"], document, rules)


def _counts(one: Data, rules: Rules) -> bool:
    """Tell whether money moved, through a provider or a method that is named."""
    said = rules.mapping.get("payments", {})
    method, moved = one.get("method", ""), one["event"] in {"purchase", "capture", "refund"}
    offline = rules.order["payment_method"] in said.get("offline", ())
    real = moved and one["status"] == "ok" and not one.get("test") and method not in IN_THE_INVOICE
    return bool(said.get("post")) and real and (offline or method not in {"offline", "custom"})


def _document(one: Data, rules: Rules) -> Document | None:
    fitting = [
        (("gateways" in rule, "currencies" in rule), rule)
        for rule in rules.mapping.get("clearing", ())
        if one["gateway"] in rule.get("gateways", [one["gateway"]])
        and rules.currency in rule.get("currencies", [rules.currency])
    ]
    if one["currency"] != rules.currency or not fitting:
        return None
    rule = max(fitting, key=lambda one: one[0])[1]
    name, length = FIELDS[rule.get("match_field", "reference_key_3")]
    key = _key(one.get("gateway_transaction_id", ""), rule, length)
    if len(key) > length:
        return None
    came_in = 1 if one["event"] != "refund" else -1
    amount, day = came_in * abs(rules.minor(sub(one["amount"]))), rules.day(one["date_created"])
    document = Document(rules.document_type("payment"), day, owed=-amount)
    document.book((rule["gl_account"], ""), "", (-amount, -amount))
    marks = {name: key} if key else {}
    document.marks = marks if name in {"XREF3", "KIDNO"} else {}
    document.account_marks = {"VALUT": day} | (marks if name in {"XREF3", "ZUONR"} else {})
    return document


def _key(full: str, rule: dict[str, Any], length: int) -> str:
    """Shorten a provider's id as the rule says."""
    most = rule.get("match_length", length)
    match rule.get("match_rule", "whole"):
        case "before":
            return full.partition(rule["match_separator"])[0]
        case "last":
            return full[-most:]
        case "hash":
            return hashlib.sha256(full.encode()).hexdigest()[:most].upper()
        case _:
            return full
