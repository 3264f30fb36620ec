"""Keys of what a mapping lacks: readable and stable; and the question behind each, with every fact to ask it again.

Orders stand together by key, such as all of one category. A rule may select on more, such as the SKU: since all facts
stand in the question, a new mapping can tell exactly which parked orders it cures, without their documents.
"""

from decimal import Decimal, InvalidOperation
from urllib.parse import quote, unquote

from .facts import NO_VAT_ID, LineFacts, TaxFacts

__all__ = [
    "GapKeyInvalid",
    "document_question",
    "key_of",
    "line_facts",
    "line_key",
    "line_question",
    "read_key",
    "tax_facts",
    "tax_key",
    "tax_question",
]


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
    """Write the key of a line without accounts: by what most mappings select on."""
    return key_of("account", _grouped(facts))


def line_question(facts: LineFacts) -> str:
    """Write all facts of a line without accounts."""
    return key_of(
        "account",
        _grouped(facts)
        | {
            "sku": facts.sku,
            "brand": _number(facts.brand),
            "type": facts.product_type,
            "channel": _number(facts.channel),
            "country": facts.country,
            "region": facts.region,
            "payment": facts.payment_method,
            "shipping": facts.shipping_method,
            "source": facts.order_source,
        },
    )


def document_question(facts: LineFacts) -> str:
    """Write all facts of an order between two rules for its documents; also its key, for there are few."""
    question = "document" + line_question(facts).removeprefix("account")
    return question if facts.company is None else f"{question},company={facts.company}"


def _grouped(facts: LineFacts) -> dict[str, str]:
    return {
        "category": "+".join(">".join(map(str, path)) for path in facts.categories) or "none",
        "segment": "+".join(quote(segment, safe="") for segment in facts.segments),
        "group": _number(facts.customer_group),
        "company_code": facts.company_code,
    }


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def line_facts(facts: dict[str, str]) -> LineFacts:
    """Read the facts of an `account` key or question.

    Raises:
        GapKeyInvalid: a number is none.
    """

    def number(name: str) -> int | None:
        return int(facts[name]) if name in facts else None

    try:
        category = facts.get("category", "none")
        paths = (
            ()
            if category == "none"
            else tuple(tuple(int(step) for step in path.split(">")) for path in category.split("+"))
        )
        group, brand, channel, company = number("group"), number("brand"), number("channel"), number("company")
    except ValueError as error:
        raise GapKeyInvalid(str(error)) from error
    return LineFacts(
        company_code=facts.get("company_code", ""),
        categories=paths,
        segments=tuple(unquote(segment) for segment in facts.get("segment", "").split("+") if segment),
        customer_group=group,
        sku=facts.get("sku", ""),
        brand=brand,
        product_type=facts.get("type", ""),
        channel=channel,
        country=facts.get("country", ""),
        region=facts.get("region", ""),
        payment_method=facts.get("payment", ""),
        shipping_method=facts.get("shipping", ""),
        company=company,
        order_source=facts.get("source", ""),
    )


def tax_key(facts: TaxFacts) -> str:
    """Write the key of a tax without code: by what the store charged."""
    return key_of("tax", _charged(facts))


def tax_question(facts: TaxFacts) -> str:
    """Write all facts of a tax without code."""
    return key_of(
        "tax",
        _charged(facts)
        | {
            "vat_id": facts.vat_id,
            "exempt": facts.exempt_category,
            "group": _number(facts.customer_group),
            "type": facts.product_type,
        },
    )


def _charged(facts: TaxFacts) -> dict[str, str]:
    return {
        "country": facts.country,
        "region": facts.region,
        "rate": format(facts.rate.normalize() + 0, "f"),
        "class": facts.tax_class,
        "provider": facts.provider,
        "company_code": facts.company_code,
    }


def tax_facts(facts: dict[str, str]) -> TaxFacts:
    """Read the facts of a `tax` key or question.

    Raises:
        GapKeyInvalid: a number is none.
    """
    try:
        rate = Decimal(facts.get("rate", ""))
        group = int(facts["group"]) if "group" in facts else None
    except InvalidOperation as error:
        raise GapKeyInvalid(f"rate {facts.get('rate', '')!r}") from error
    except ValueError as error:
        raise GapKeyInvalid(str(error)) from error
    return TaxFacts(
        company_code=facts.get("company_code", ""),
        country=facts.get("country", ""),
        region=facts.get("region", ""),
        rate=rate,
        tax_class=facts.get("class", ""),
        provider=facts.get("provider", ""),
        vat_id=facts.get("vat_id", NO_VAT_ID),
        exempt_category=facts.get("exempt", ""),
        customer_group=group,
        product_type=facts.get("type", ""),
    )
