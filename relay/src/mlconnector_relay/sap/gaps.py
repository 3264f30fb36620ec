"""Keys of what a mapping lacks: readable, stable, and holding every fact needed to ask again.

Since all facts stand in the key, a new mapping can tell exactly which parked orders it cures, without their documents.
"""

from decimal import Decimal, InvalidOperation
from urllib.parse import quote, unquote

from .facts import LineFacts, TaxFacts

__all__ = ["GapKeyInvalid", "key_of", "line_facts", "line_key", "read_key", "tax_facts", "tax_key"]


class GapKeyInvalid(ValueError):
    """A text is no gap key."""


def key_of(kind: str, facts: dict[str, str]) -> str:
    """Write a key such as `account:category=42>7,company_code=1000`; empty facts are left out."""
    return kind + ":" + ",".join(f"{name}={quote(value, safe='>+. ')}" for name, value in facts.items() if value)


def read_key(key: str) -> tuple[str, dict[str, str]]:
    """Read a key back into its kind and facts.

    Raises:
        GapKeyInvalid: it is none.
    """
    kind, colon, rest = key.partition(":")
    pairs = [pair.partition("=") for pair in rest.split(",") if pair]
    if not colon or not all(equals for _, equals, _ in pairs):
        raise GapKeyInvalid(key)
    return kind, {name: unquote(value) for name, _, value in pairs}


def line_key(facts: LineFacts) -> str:
    """Write the key of a line without accounts."""
    return key_of(
        "account",
        {
            "category": "+".join(">".join(map(str, path)) for path in facts.categories) or "none",
            "segment": "+".join(quote(segment, safe="") for segment in facts.segments),
            "group": "" if facts.customer_group is None else str(facts.customer_group),
            "company_code": facts.company_code,
        },
    )


def line_facts(facts: dict[str, str]) -> LineFacts:
    """Read the facts of an `account` key.

    Raises:
        GapKeyInvalid: a number is none.
    """
    try:
        category = facts.get("category", "none")
        paths = (
            ()
            if category == "none"
            else tuple(tuple(int(step) for step in path.split(">")) for path in category.split("+"))
        )
        group = int(facts["group"]) if "group" in facts else None
    except ValueError as error:
        raise GapKeyInvalid(str(error)) from error
    segments = tuple(unquote(segment) for segment in facts.get("segment", "").split("+") if segment)
    return LineFacts(facts.get("company_code", ""), paths, segments, group)


def tax_key(facts: TaxFacts) -> str:
    """Write the key of a tax without code."""
    return key_of(
        "tax",
        {
            "country": facts.country,
            "region": facts.region,
            "rate": format(facts.rate.normalize() + 0, "f"),
            "class": facts.tax_class,
            "provider": facts.provider,
            "company_code": facts.company_code,
        },
    )


def tax_facts(facts: dict[str, str]) -> TaxFacts:
    """Read the facts of a `tax` key.

    Raises:
        GapKeyInvalid: the rate is no number.
    """
    try:
        rate = Decimal(facts.get("rate", ""))
    except InvalidOperation as error:
        raise GapKeyInvalid(f"rate {facts.get('rate', '')!r}") from error
    return TaxFacts(
        company_code=facts.get("company_code", ""),
        country=facts.get("country", ""),
        region=facts.get("region", ""),
        rate=rate,
        tax_class=facts.get("class", ""),
        provider=facts.get("provider", ""),
    )
