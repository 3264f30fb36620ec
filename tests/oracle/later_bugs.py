"""Bugs in what becomes of an order: shipments, payments, reversals, closed periods, blocks, parts of long documents."""

from .planting import Bug

__all__ = ["LATER_BUGS"]

ALONE = """\
    if len(posted) > 1:
        return Against.DOCUMENTS
    if snapshot.refunds:
        return Against.REFUND
"""

LATER_BUGS: dict[str, tuple[tuple[Bug, ...], tuple[str, ...]]] = {
    "1 trigger: always once paid": (
        (
            (
                "sap.trigger:trigger_of",
                "max((_of_kind(kind, snapshot, rules) for kind in kinds), key=LATEST.index)",
                "'paid'",
            ),
        ),
        ("invoiced_once_shipped", "invoiced_once_ordered", "invoiced_once_captured"),
    ),
    "1 trigger: of two kinds the earliest": (
        (("sap.trigger:trigger_of", "max(", "min("),),
        ("invoiced_once_shipped_of_two_kinds",),
    ),
    "1 trigger: whatever was paid by": (
        (("sap.trigger:_of_kind", "(not rule.payment_methods or", "(True or"),),
        ("invoiced_once_ordered_others_wait",),
    ),
    "1 trigger: the first parcel is all of them": (
        (("sap.shipping:everything_shipped", "all(line", "any(line"),),
        ("invoiced_once_shipped", "invoiced_once_shipped_not_yet"),
    ),
    "1 trigger: what is refunded waits for its parcels": (
        (("reconcile.states:_first", 'now.refund in {"pending", "paid"}', "False"),),
        ("invoiced_once_shipped_refunded_before",),
    ),
    "1 shipments: nothing is deferred": (
        (("sap.assignment:_standing", 'if company.revenue == "deferred" else None', "if False else None"),),
        ("deferred",),
    ),
    "1 shipments: downloads are deferred": (
        (("sap.assignment:_standing", "not (is_sent(line) or is_fetched(line))", "False"),),
        ("deferred_with_downloads",),
    ),
    "1 shipments: pickups are not deferred": (
        (("sap.assignment:_standing", "(is_sent(line) or is_fetched(line))", "is_sent(line)"),),
        ("deferred_fetched",),
    ),
    "1 shipments: the first earns the whole line": (
        (("sap.deferral:_due", "rounded(line.net * share)", "line.net"),),
        ("deferred_shipped_by_parts",),
    ),
    "1 shipments: a shipment in a deleted one's place earns twice": (
        (("sap.deferral:_due", "- earned.get(key, 0)", "- 0"),),
        ("deferred_shipment_deleted",),
    ),
    "1 shipments: completion earns nothing": (
        (("sap.deferral:_is_completed", "status == COMPLETED or by_hand", "by_hand"),),
        ("deferred_completed", "deferred_fetched"),
    ),
    "1 shipments: shipped by hand earns nothing": (
        (("sap.deferral:_is_completed", "status == COMPLETED or by_hand", "status == COMPLETED"),),
        ("deferred_shipped_by_hand",),
    ),
    "1 shipments: refunds take from revenue what was not shipped": (
        (("sap.deferral:taken_back", "min(line.quantity, max(deferred.quantity, 0))", "0"),),
        ("deferred_refunded_unshipped", "deferred_cancelled"),
    ),
    "1 shipments: what is kept back stays deferred": (
        (("sap.deferral:taken_back", "0 < pieces == deferred.quantity", "False"),),
        ("deferred_with_something_kept",),
    ),
    "4 one reducing document: reversed although something was refunded": (
        (
            ("reconcile.cancelling:_against", ALONE, ""),
            ("sap.reversal:reversal_document", "[invoice] = posted", "invoice = posted[0]"),
        ),
        ("not_reversed_after_a_refund",),
    ),
    "4 one reducing document: reversed in another month": (
        (("sap.reversal:is_same_period", "invoice.posting_day[:6] ==", "invoice.posting_day[:6] <="),),
        ("not_reversed_in_another_month",),
    ),
    "4 one reducing document: always a credit memo": (
        (("reconcile.cancelling:cancellation", 'company.on_cancel != "reversal"', "True"),),
        ("reversed",),
    ),
    "4 one reducing document: what SAP refuses is asked for ever": (
        (("reconcile.cancelling:_is_refused_for_good", "in IRREVERSIBLE", "in ()"),),
        ("not_reversed_once_cleared",),
    ),
    "6 frozen facts: today's terms of payment": (
        (("sap.call:_receivable", "frozen.terms.payment_terms", "header.company.payment_terms"),),
        ("terms_frozen",),
    ),
    "6 frozen facts: what was deferred is forgotten where revenue goes": (
        (("sap.deferral:_due", "accounts=line.earned", "accounts=line.accounts"),),
        ("deferred_mapped_anew",),
    ),
    "6 frozen facts: mapped anew although it was left": (
        (("reconcile.remapping:mapped_anew", "decision is None or decision.choice == LEAVE", "decision is None"),),
        ("remapped_not_since_it_was_left",),
    ),
    "6 frozen facts: mapped anew in spite of a refund": (
        (("reconcile.remapping:cannot_be_mapped_anew", "one == CANCELLATION or is_of_refund(one)", "False"),),
        ("remapped_not_after_a_refund",),
    ),
    "6 frozen facts: mapped anew beside what stands": (
        (("sap.remap:remap_of", "lines=back", "lines=wanted"),),
        ("remapped",),
    ),
    "6 frozen facts: mapped anew, refunded where it stood before": (
        (("sap.remaining:_plus", "document.about == REMAP_REPOST", "False"),),
        ("remapped_then_refunded",),
    ),
    "15 dates: mapped anew before the edit that posted it": (
        (("sap.remap:remap_of", "max(one.day for one in posted)", "min(one.day for one in posted)"),),
        ("remapped_after_an_edit",),
    ),
    "15 dates: posted anew at the edit's exchange rate": (
        (("reconcile.editing:owe_edit", "if kind in {Kind.REVERSAL, Kind.REPOST}", "if False"),),
        ("reposted_in_dollars",),
    ),
    "15 dates: invoiced on the order's day although it was shipped later": (
        (("sap.dates:invoiced_at", "_by_shipment(snapshot, mapping)", "False"),),
        ("invoiced_once_shipped",),
    ),
    "15 dates: an invoice on the order's day although it was paid later": (
        (("sap.dates:invoiced_at", 'company.posting_date == "order"', "True"),),
        ("paid_before_it_was_seen",),
    ),
    "15 dates: the payment's day in spite of the rule": (
        (("sap.dates:invoiced_at", 'company.posting_date == "order"', "False"),),
        ("paid_before_it_was_seen_by_the_order",),
    ),
    "15 dates: the document date moves with the posting date": (
        (("sap.dates:dates_of", "document=document,", "document=posting,"),),
        ("closed_moves",),
    ),
    "15 dates: the tax date moves with the posting date": (
        (("sap.dates:dates_of", "tax=day if", "tax=posting if"),),
        ("closed_moves",),
    ),
    "15 dates: the exchange rate moves with the posting date": (
        (("sap.dates:dates_of", 'translation or (day if moved else "")', "translation"),),
        ("closed_moves_a_refund",),
    ),
    "15 dates: posted on a day to come": (
        (("sap.books:_later", "if first > today:", "if False:"),),
        ("closed_moves_not_into_the_future",),
    ),
    "15 dates: moved in spite of the rule": (
        (("sap.books:posting_day", 'company.closed_period == "next_open"', "True"),),
        ("closed_waits",),
    ),
    "15 dates: only the next month is tried": (
        (("sap.books:_later", "range(MOST_MONTHS)", "range(1)"),),
        ("closed_moves_by_two_months",),
    ),
    "15 dates: revenue at the shipment's rate": (
        (("reconcile.earning:_owe", "translated=rate", 'translated=""'),),
        ("deferred_shipped_by_parts",),
    ),
    "15 dates: earned before the edit that posted it": (
        (("reconcile.earning:_owe", "one.about in ANEW", "False"),),
        ("deferred_reposted",),
    ),
    "15 dates: the calendar holds nothing": (
        (("sap.books:held", "if not holding:", "if True:"),),
        ("held",),
    ),
    "16 tenders: payments once more": (
        (("sap.money:moved", "one.method not in TENDERS", "True"),),
        ("paid_by_what_is_none",),
    ),
    "17 payments: authorised is paid": (
        (("sap.money:moved", "one.took_money or", "one.event == 'authorization' or one.took_money or"),),
        ("paid_by_what_is_none",),
    ),
    "17 payments: tests are money": (
        (("sap.money:moved", "and not one.test", ""),),
        ("paid_by_what_is_none",),
    ),
    "17 payments: offline unless it is said": (
        (("sap.money:moved", "(offline or one.method not in OFFLINE)", "True"),),
        ("paid_by_what_is_none",),
    ),
    "17 payments: offline never": (
        (("sap.money:moved", "(offline or one.method not in OFFLINE)", "one.method not in OFFLINE"),),
        ("paid_offline",),
    ),
    "17 payments: what is paid back came in": (
        (("sap.payment:payment_document", "-amount if came_in else amount", "-amount"),),
        ("paid_and_paid_back",),
    ),
    "17 payments: on the order's day": (
        (("sap.payment:payment_document", "transaction.date_created or order.date_modified", "order.date_created"),),
        ("paid_by_parts",),
    ),
    "17 payments: only the first": (
        (("reconcile.pay:_due", "transaction.id not in done and", "not done and"),),
        ("paid_by_parts",),
    ),
    "17 payments: a cancellation takes them back": (
        (("reconcile.changing:is_document", "entry.step.kind is not Kind.PAYMENT and", ""),),
        ("paid_then_cancelled",),
    ),
    "18 matching keys: cut off": (
        (("sap.clearing:match_key", "short if len(short) <= room else None", "short[:room]"),),
        ("paid_by_an_id_too_long",),
    ),
    "18 matching keys: the first characters": (
        (("sap.clearing:match_key", "full[-length:]", "full[:length]"),),
        ("paid_by_a_long_id",),
    ),
    "18 matching keys: in place of the order's assignment": (
        (("sap.payment:_marks", "{**both, **customer,", "{**both, **customer, **general,"),),
        ("paid_by_a_long_id",),
    ),
    "23 specificity: rules for documents are not asked": (
        (
            (
                "sap.companies:company_of",
                "mapping.documents(ordered, order_facts(snapshot, company.company_code))",
                "ordered",
            ),
        ),
        ("on_account", "terms_of_a_group"),
    ),
    "23 specificity: internal orders are left out": (
        (("sap.call:_general", "drafted.accounts.internal_order", '""'),),
        ("cost_objects",),
    ),
    "24 blocks: on what is paid": (
        (("sap.shipping:blocks_of", "money_taken(snapshot, payments) or", ""),),
        ("not_blocked_since_paid",),
    ),
    "24 blocks: released with the first of two parcels": (
        (("sap.shipping:is_released", 'shipments.release_on == "first"', "True"),),
        ("blocked",),
    ),
    "24 blocks: never released": (
        (("sap.change:changes_of", "invoice.blocks != NO_BLOCKS and", "False and"),),
        ("blocked_and_released", "blocked_until_the_first"),
    ),
    "24 blocks: set again": (
        (("reconcile.editing:owe_edit", "if was_released(case.entries)", "if False"),),
        ("released_for_good",),
    ),
    "27 splitting: a part that does not balance": (
        (("sap.splitting:split", "1 if frozen.customer else PAIR", "1"),),
        ("very_long_deferred",),
    ),
    "27 splitting: a gift certificate takes more than a part is worth": (
        (("sap.splitting:_covered", "max(tender, -owed) if tender < 0", "tender if tender < 0"),),
        ("very_long_paid_by_gift_certificate",),
    ),
    "27 splitting: lines are not summed": (
        (("sap.draft:draft_of", "if frozen.summed", "if False"),),
        ("summed",),
    ),
}
"""Per rule and bug: what is planted, and the recipes whose orders show it."""
