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
        return fitting[0]  # type: ignore[no-any-return]

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
    def today(self) -> str:
        return self.day(self.order["date_modified"])

    def role(self, name: str) -> tuple[str, str]:
        """Return the account of a charge."""
        target = self.company[name]
        return target["gl_account"], target["cost_center"]

    def account(self, part: Part) -> tuple[str, str] | None:
        """Return a part's account: the rule whose heaviest selector says most."""
        if part.key[0] != "product":
            return self.role(part.key[0])
        fitting = [(weight, rule) for rule in self.mapping["accounts"] if (weight := self._weight(rule, part.facts))]
        if not fitting:
            return None
        best = max(fitting, key=lambda one: one[0])[1]
        return best["gl_account"], best["cost_center"]

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
                "vat_id_countries": facts["vat"][:2] in rule.get("vat_id_countries", ()),
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
        liability = best.get("liability_account", "")
        known = self.mapping["tax_codes"][best["tax_code"]]
        fits = liability or known.get("rate", 0) * SCALE == part.rate
        return Code(best["tax_code"], liability) if fits else None


def _ancestors(category: int) -> Iterable[int]:
    while category:
        yield category
        category = CATEGORIES.get(category, 0)
