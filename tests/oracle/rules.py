"""What finance has decided about an order, read from the mapping file as plain data: accounts, codes, days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from fnmatch import fnmatch
from typing import Any
from zoneinfo import ZoneInfo

from .goods import CATEGORIES, SCALE, Part, Stage, sub
from .sums import Code

__all__ = ["Data", "Rules"]

Data = Mapping[str, Any]

PLACES = {"JPY": 0, "KWD": 3}

TYPES = {
    "invoice": "DR",
    "refund": "DG",
    "supplement": "DR",
    "reversal": "DG",
    "repost": "DR",
    "payment": "DZ",
    "shipment": "SA",
    "completion": "SA",
}
"""Document types where the mapping names no others."""

TRIGGERS = ("ordered", "paid", "captured", "shipped")
"""What may make an invoice owed, from the earliest to the latest."""

SELECTED = {"segments", "customer_groups", "channels", "countries", "regions", "payment_methods", "company_codes"}
"""What a rule for documents may select on; the rest is what it says."""


@dataclass(frozen=True)
class Rules:
    """An order with the mapping in force: answers what finance has decided."""

    stage: Stage
    mapping: Data

    @property
    def order(self) -> Data:
        return self.stage.documents["order"]  # type: ignore[no-any-return]

    @property
    def company(self) -> Data:
        fitting = [one for one in self.mapping["company_codes"] if self.order["channel_id"] in one["channels"]]
        company = fitting[0]
        rules = [(weight, rule) for rule in self.mapping.get("documents", ()) if (weight := self._of_order(rule))]
        said = max(rules, key=lambda one: one[0])[1] if rules else {}
        types = {**company.get("document_types", {}), **said.get("document_types", {})}
        return {**company, **{name: said[name] for name in said.keys() - SELECTED}, "document_types": types}

    def _of_order(self, rule: Data) -> tuple[bool, ...] | None:
        """Weigh a rule for documents, the customer's segment first; nothing where it does not fit."""
        order, billing = self.order, self.order["billing_address"]
        facts = {
            "segments": self.stage.documents["customer_segments"],
            "customer_groups": [self.stage.documents["customer_group_id"]],
            "countries": [billing["country_iso2"]],
            "payment_methods": [order["payment_method"]],
        }
        if any(name in rule and not set(values) & set(rule[name]) for name, values in facts.items()):
            return None
        return tuple(name in rule for name in facts)

    def document_type(self, kind: str) -> str:
        """Return the document type of a kind of posting."""
        return str(self.company["document_types"].get(kind, TYPES[kind]))

    @property
    def terms(self) -> dict[str, str]:
        """Return what the customer's lines say of payment and dunning, by SAP's fields."""
        said = {"ZTERM": self.company.get("payment_terms", ""), "MABER": self.company.get("dunning_area", "")}
        return {name: value for name, value in said.items() if value}

    @property
    def buyer(self) -> Data:
        """Return what the B2B Edition says of the order; nothing of a guest's."""
        return self.stage.documents.get("company", {"standing": "private"})

    @property
    def debtor(self) -> str:
        """Return who owes the order; empty for a company that nobody has named a debtor for."""
        if self.buyer["standing"] != "company":
            return str(self.company.get("customer", self.company["one_time_customer"]))
        return str(self.buyer["fields"].get(self.mapping["companies"]["debtor_field"], ""))

    @property
    def currency(self) -> str:
        return str(self.order["default_currency_code"])

    @property
    def places(self) -> int:
        return PLACES.get(self.currency, 2)

    def minor(self, value: int) -> int:
        """Bring the store's ten-thousandths to the currency's smallest unit, half up."""
        step: int = SCALE // 10**self.places
        units = (2 * abs(value) + step) // (2 * step)
        return units if value >= 0 else -units

    def amount(self, name: str) -> int:
        """Return an amount of the order in ten-thousandths."""
        return sub(self.order[name])

    def day(self, moment: str) -> str:
        """Return a moment's day in the books."""
        when = parsedate_to_datetime(moment) if "," in moment else datetime.fromisoformat(moment)
        return f"{when.astimezone(ZoneInfo(self.company['timezone'])):%Y%m%d}"

    @property
    def trigger(self) -> str:
        """Return what makes the invoice owed: of all kinds of goods in the order the latest."""
        lines = self.stage.documents["products"]
        kinds = {"custom" if not line["product_id"] and line["type"] == "physical" else line["type"] for line in lines}
        return max((self._trigger_of(kind) for kind in kinds), key=TRIGGERS.index)

    def _trigger_of(self, kind: str) -> str:
        facts = {"product_types": kind, "payment_methods": self.order["payment_method"]}
        fitting = [
            (tuple(name in rule for name in facts), str(rule["invoice_on"]))
            for rule in self.mapping.get("triggers", ())
            if all(value in rule.get(name, [value]) for name, value in facts.items())
        ]
        return max(fitting)[1] if fitting else "paid"

    @property
    def all_shipped(self) -> bool:
        """Tell whether the last parcel has left, or the order is completed."""
        if self.order["status_id"] in {2, 10}:
            return True
        lines = self.stage.documents["products"]
        sent = [line for line in lines if line["type"] == "physical"]
        fetched = any(line["order_pickup_method_id"] for line in lines)
        return bool(sent) and not fetched and all(line["quantity_shipped"] == line["quantity"] for line in sent)

    @property
    def today(self) -> str:
        return self.day(self.order["date_modified"])

    @property
    def looked_at(self) -> datetime:
        """Return when the order was looked at, in the books' time."""
        fetched = datetime.fromisoformat(self.stage.documents["fetched_at"])
        return fetched.astimezone(ZoneInfo(self.company["timezone"])).replace(tzinfo=None)

    @property
    def held(self) -> bool:
        """Tell whether the close calendar holds postings."""
        return any(
            one["hold_from"] <= self.looked_at < one["hold_until"] for one in self.mapping.get("close_calendar", ())
        )

    def posting_day(self, day: str) -> str | None:
        """Return when a fact of a day is posted: in a closed month not at all, or on the first of the next open one."""
        month, now = day[:6], f"{self.looked_at:%Y%m}"
        if month not in self.stage.closed:
            return day
        if self.company.get("closed_period", "park") == "park":
            return None
        while month in self.stage.closed:
            month = f"{int(month[:4]) + month.endswith('12')}{int(month[4:]) % 12 + 1:02}"
        return f"{month}01" if month <= now else None

    def deferred(self, part: Part) -> tuple[str, str] | None:
        """Return where a part's revenue waits until it is shipped; nothing where it is revenue at once."""
        waits = self.company.get("revenue") == "deferred" and part.key[0] == "product"
        return self.role("deferred_revenue") if waits and part.facts["type"] != "digital" else None

    def role(self, name: str) -> tuple[str, str]:
        """Return the account of a charge."""
        return target_of(self.company[name])

    def account(self, part: Part) -> tuple[str, str] | None:
        """Return a part's account: the rule whose heaviest selector says most."""
        if part.key[0] != "product":
            return self.role(part.key[0])
        fitting = [(weight, rule) for rule in self.mapping["accounts"] if (weight := self._weight(rule, part.facts))]
        if not fitting:
            return None
        return target_of(max(fitting, key=lambda one: one[0])[1])

    def _weight(self, rule: Data, facts: Data) -> tuple[int, ...] | None:
        near = [
            100 - steps
            for category in facts["categories"]
            for steps, one in enumerate(_ancestors(category))
            if one in rule.get("categories", ())
        ]
        sku = [len(one.rstrip("*")) for one in rule.get("skus", ()) if fnmatch(facts["sku"], one)]
        asked = {
            "skus": max(sku, default=0),
            "categories": max(near, default=0),
            "segments": int(any(one in rule.get("segments", ()) for one in facts["segments"])),
            "customer_groups": int(facts["group"] in rule.get("customer_groups", ())),
            "product_types": int(facts["type"] in rule.get("product_types", ())),
            "company_codes": int(self.company["company_code"] in rule.get("company_codes", ())),
        }
        if any(name in rule and not weight for name, weight in asked.items()):
            return None
        return tuple(asked.values())

    def code(self, part: Part) -> Code | None:
        """Return a part's tax code; nothing is taxed by a rule without its reason."""
        if part.key[0] == "gift_certificate":
            return Code()
        facts, found = part.facts, []
        for rule in self.mapping["taxes"]:
            rate = None if "rate" not in rule else rule["rate"] * SCALE
            asked = {
                "countries": facts["country"] in rule["countries"],
                "regions": facts["region"] in rule.get("regions", ()),
                "rate": rate == part.rate,
                "vat_id_countries": _country_of(facts["vat"].replace(" ", "")) in rule.get("vat_id_countries", ()),
                "tax_exempt_categories": facts["exempt"] in rule.get("tax_exempt_categories", ()),
                "customer_groups": facts["group"] in rule.get("customer_groups", ()),
                "product_types": facts.get("type") in rule.get("product_types", ()),
                "providers": facts["provider"] in rule.get("providers", ()),
            }
            if all(asked[name] for name in asked if name in rule) and (rate is not None or part.rate):
                found.append((tuple(asked.values()), rule))
        if not found:
            return None
        best = max(found, key=lambda one: one[0])[1]
        if "jurisdiction" in best:
            levels = self.mapping["jurisdictions"][best["jurisdiction"]]["levels"]
            shared = tuple((one["jurisdiction"], int(one["rate"] * SCALE)) for one in levels)
            return Code(best["tax_code"], levels=shared)
        liability = best.get("liability_account", "")
        known = self.mapping["tax_codes"][best["tax_code"]]
        fits = liability or known.get("rate", 0) * SCALE == part.rate
        return Code(best["tax_code"], liability) if fits else None


def target_of(target: Data) -> tuple[str, str]:
    """Return an account and what controlling has of it: cost center, internal order or WBS element."""
    objects = [target.get(name, "") for name in ("cost_center", "internal_order", "wbs_element")]
    return target["gl_account"], "+".join(one for one in objects if one)


def _country_of(vat_id: str) -> str:
    """Return whose a VAT id is, nobody's where it is mistyped: a French one has a key by its last nine digits."""
    french = vat_id.startswith("FR") and int(vat_id[2:4]) != (12 + 3 * int(vat_id[4:])) % 97
    return "" if french else vat_id[:2]


def _ancestors(category: int) -> Iterable[int]:
    while category:
        yield category
        category = CATEGORIES.get(category, 0)
