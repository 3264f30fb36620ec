"""Where a gateway's money waits for its settlement, and by which key that is matched; pure.

A provider's id has up to 49 characters, SAP's fields have fewer: each rule says which field, and how the id gets in.

Selectors weigh in this order: gateway, currency, company code. A rule without selectors is the default.
"""

import hashlib
from typing import Final

from .company_rules import PurchaseOrders
from .gaps import key_of
from .mapping_file import Clearing, MappingFile
from .rules import Tie, choose
from .values import Gap

__all__ = [
    "CLEARING",
    "KEY_FIELDS",
    "MATCH_FIELDS",
    "clearing_of",
    "example_id",
    "example_number",
    "match_key",
    "matching",
]

CLEARING: Final = "clearing"
"""Kind of the cause that a gateway has no clearing account."""

MATCH_FIELDS: Final = {
    "assignment": ("ALLOC_NMBR", 18),
    "reference_key_3": ("REF_KEY_3", 20),
    "payment_reference": ("PAYMT_REF", 30),
    "text": ("ITEM_TEXT", 50),
}
"""By the mapping's name: SAP's field and its length."""

KEY_FIELDS: Final = {"reference_key_2": ("REF_KEY_2", 12), **MATCH_FIELDS}
"""Likewise; the former is for purchase orders only."""

LONGEST_ID: Final = 49
"""Characters of the longest ids that providers give, Square's."""

ID_HEAD: Final = "R2B3Z8WMVt3EAmzY"
NUMBER_TAIL: Final = "0004711"
ID_TAIL: Final = "WLZvz7Y69EbZYzWYwgqmqVqKgxnJvYxy"


def clearing_of(file: MappingFile, gateway: str, currency: str, company_code: str) -> Clearing | Gap:
    """Return the rule of a gateway's payments.

    Args:
        file: the mapping.
        gateway: as the store names it, in any case.
        currency: of the payment.
        company_code: that posts it.
    """
    facts = {"gateway": gateway, "currency": currency, "company_code": company_code}
    asked = f"payments through {gateway or '(no gateway)'} in {currency}, company code {company_code}"
    weights = [_weight(rule, facts) for rule in file.clearing]
    place = choose(file.clearing, weights)
    key = key_of(CLEARING, facts)
    if place is None:
        return Gap(key, f"no clearing account for {asked}; add a [[clearing]] rule or a default without selectors")
    if isinstance(place, Tie):
        both = f"clearing[{place.first}] and clearing[{place.second}]"
        return Gap(key, f"{both} both fit {asked}; give one of them a priority")
    return file.clearing[place]


def match_key(full: str, rule: Clearing | PurchaseOrders) -> str | None:
    """Return a key as the rule shortens it; `None` where it does not fit its field.

    Args:
        full: the provider's id of a transaction, or a purchase order number.
        rule: says field and shortening.
    """
    _, room = KEY_FIELDS[rule.match_field]
    length = min(rule.match_length or room, room)
    match rule.match_rule:
        case "before":
            short = full.partition(rule.match_separator)[0]
        case "last":
            short = full[-length:]
        case "hash":
            short = hashlib.sha256(full.encode()).hexdigest().upper()[:length]
        case _:
            short = full
    return short if len(short) <= room else None


def matching(rule: Clearing | PurchaseOrders, what: str = "id") -> str:
    """Return in words which part of a provider's id, or of another number, goes where."""
    name, room = KEY_FIELDS[rule.match_field]
    length = min(rule.match_length or room, room)
    how = {
        "whole": f"the whole {what}",
        "before": f"what stands before {rule.match_separator!r}",
        "last": f"its last {length} characters",
        "hash": f"the first {length} digits of its SHA-256",
    }
    return f"{how[rule.match_rule]} in {rule.match_field} ({name}, {room} characters)"


def example_id(rule: Clearing) -> str:
    """Return an id as long as providers give them, to show what a rule makes of it."""
    return f"{ID_HEAD}{rule.match_separator or '_'}{ID_TAIL}"[:LONGEST_ID]


def example_number(rule: PurchaseOrders) -> str:
    """Return a purchase order number, to show what a rule makes of it; companies write them as they like."""
    return f"PO-2026{rule.match_separator or '-'}{NUMBER_TAIL}"


def _weight(rule: Clearing, facts: dict[str, str]) -> tuple[int, ...] | None:
    weights = []
    for selector, value in (
        ([one.casefold() for one in rule.gateways], facts["gateway"].casefold()),
        (rule.currencies, facts["currency"]),
        (rule.company_codes, facts["company_code"]),
    ):
        if selector and value not in selector:
            return None
        weights.append(1 if selector else 0)
    return tuple(weights)
