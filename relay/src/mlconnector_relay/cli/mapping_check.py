"""`mapping check`: against the file's form, the stores' whole catalogs, and SAP's master data."""

import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.words import how_many

from ..bigcommerce.catalogue import Catalogue, CatalogueFacts
from ..bigcommerce.client import StoreClient, connection_pool
from ..bigcommerce.models import ProductFacts
from ..db import mapping_checks, stores
from ..db.mapping_checks import MappingCheck
from ..sap.catalogue_check import CatalogueProduct, check_catalogue
from ..sap.clearing import example_id, example_number, match_key, matching
from ..sap.facts import LineFacts
from ..sap.findings import Finding
from ..sap.mapping import Mapping
from ..sap.named import KINDS, named_in
from ..sap.paths import category_path
from .days import DAY
from .mapping_source import FILE, read_mapping
from .options import AS_JSON, ONE_TENANT
from .session import Session, print_json, run, told_errors
from .which import one_tenant

__all__ = ["check"]

LOOK_SECONDS: Final = 0.5


class NotChecked(ConnectorError):
    """SAP was not asked in time, or could not be."""


@click.command()
@FILE
@click.option("--catalogue", is_flag=True, help="Ask the mapping for every product of the tenant's stores.")
@click.option("--sap", is_flag=True, help="Look up in SAP what the mapping names, through a running relay's agent.")
@click.option("--at", "day", type=DAY, help="With --sap: when all must be valid and open; today where left out.")
@click.option(
    "--wait",
    "seconds",
    type=click.FloatRange(0, 3600),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="With --sap: give up after this long.",
)
@ONE_TENANT
@AS_JSON
@click.pass_context
def check(context: click.Context, /, file: Path, tenant: str, as_json: bool, **options: Any) -> None:  # noqa: FBT001
    """Check FILE and name every error at once, with line or key, what is expected and what to do.

    Exit code 1 means that orders would park or be refused; warnings alone leave it at 0.
    """
    with told_errors():
        mapping, text = read_mapping(file)
    found = _Found()
    if options["catalogue"] or options["sap"]:
        found = run(context, lambda session: _findings(session, tenant, mapping, text, options))
    if as_json:
        _print_json(mapping, text, found)
    else:
        _print(file, mapping, text, found)
    if any(one.severity == "error" for one in found.findings):
        sys.exit(1)


@dataclass(slots=True)
class _Found:
    """What was looked up, where and how much of it, and what was found."""

    looked_up: list[dict[str, str | int]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


async def _findings(session: Session, tenant: str, mapping: Mapping, text: str, options: dict[str, Any]) -> _Found:
    async with session.database.read() as tx:
        name = await one_tenant(tx, tenant)
        known = [one for one in await stores.of_tenant(tx, name) if one.active]
    if not known:
        raise NotChecked(f"tenant {name} has no active store; `store add` adds one")
    found = _Found()
    if options["catalogue"]:
        for store in known:
            products = [product async for product in _products(session, store, mapping)]
            label = f"store {store.store_hash}: " if len(known) > 1 else ""
            found.looked_up.append({"where": f"store {store.store_hash}", "products": len(products)})
            found.findings += [
                replace(one, sentence=label + one.sentence)
                for one in check_catalogue(mapping, store.store_hash, products)
            ]
    if options["sap"]:
        day = options["day"].date() if options["day"] else session.runtime.now().astimezone(UTC).date()
        systems = sorted({(one.sysid, one.client) for one in known})
        for system in systems:
            label = f"{system[0]} client {system[1]}: " if len(systems) > 1 else ""
            asked = await _asked(session, name, system, day, text)
            found.findings += [
                replace(one, sentence=label + one.sentence) for one in await _answer(session, asked, options["seconds"])
            ]
            where = f"{system[0]} client {system[1]} as of {day}"
            found.looked_up.append({"where": where, **_counted(mapping)})
    return found


async def _products(session: Session, store: stores.Store, mapping: Mapping) -> AsyncIterator[CatalogueProduct]:
    """Yield every product, and its variants where rules select on the SKU: orders name the variant's."""
    async with connection_pool() as http:
        client = StoreClient(http, store.api_url, session.vault.open_secret(store.access_token), session.runtime)
        catalogue = Catalogue(client, session.runtime)
        known = await catalogue.everything()
        for product in known.products.values():
            yield _product(known, product, product.sku)
        if any(rule.skus for rule in mapping.file.accounts):
            async for variant in catalogue.variants():
                own = known.products.get(variant.product_id)
                if own is not None and variant.sku and variant.sku != own.sku:
                    yield _product(known, own, variant.sku)


def _product(known: CatalogueFacts, product: ProductFacts, sku: str) -> CatalogueProduct:
    paths = {category_path(known.categories, category) for category in product.categories}
    facts = LineFacts(
        company_code="",
        categories=tuple(sorted(paths)),
        sku=sku,
        brand=product.brand_id or None,
        product_type=product.type,
    )
    return CatalogueProduct(f"{sku} (product {product.id})" if sku else f"product {product.id}", facts)


async def _asked(session: Session, tenant: str, system: tuple[str, str], day: date, text: str) -> MappingCheck:
    new = mapping_checks.asked(tenant, session.runtime.new_id(), system, day, text, session.runtime.now())
    await session.database.write(partial(mapping_checks.ask, new=new))
    return new


async def _answer(session: Session, asked: MappingCheck, seconds: float) -> list[Finding]:
    deadline = session.runtime.monotonic() + seconds
    place = f"{asked.sysid} client {asked.client}"
    while True:
        async with session.database.read() as tx:
            now = await mapping_checks.by_id(tx, asked.tenant, asked.check_id)
        if now is not None and now.state == "failed":
            raise NotChecked(f"{place} was not asked: {now.result}")
        if now is not None and now.state == "done":
            return [
                Finding("sap", row["severity"], tuple(row["loc"]), row["sentence"]) for row in json.loads(now.result)
            ]
        if session.runtime.monotonic() >= deadline:
            said = "no running relay has an agent of it connected; see `agent list` and the relay's log"
            raise NotChecked(f"{place} did not answer in {seconds:.0f} s: {said}")
        await session.runtime.sleep(LOOK_SECONDS)


def _counted(mapping: Mapping) -> dict[str, int]:
    """Return how much a mapping names in SAP by kind, each thing once per company code."""
    named = Counter(kind for kind, _, _ in {(one.kind, one.value, one.company_code) for one in named_in(mapping.file)})
    return {kind: named[kind] for kind in KINDS if named[kind]}


def _facts(mapping: Mapping) -> dict[str, Any]:
    file = mapping.file
    return {
        "version": mapping.version,
        "company_codes": len(file.company_codes),
        "account_rules": len(file.accounts),
        "tax_rules": len(file.taxes),
        "document_rules": len(file.documents),
    }


def _keys(mapping: Mapping) -> list[dict[str, Any]]:
    """Return how the ids of payments are kept, per rule of [[clearing]], and the numbers of purchase orders.

    Each with an example as long as they come.
    """
    found = [
        {
            "rule": f"clearing[{place}]",
            "gateways": list(rule.gateways),
            "key": matching(rule),
            "example": example_id(rule),
            "becomes": match_key(example_id(rule), rule),
        }
        for place, rule in enumerate(mapping.file.clearing)
    ]
    if "companies" not in mapping.file.model_fields_set:
        return found
    orders = mapping.file.companies.purchase_order
    number = example_number(orders)
    key = {"key": matching(orders, "number"), "example": number, "becomes": match_key(number, orders)}
    return [*found, {"rule": "companies.purchase_order", **key}]


def _print_json(mapping: Mapping, text: str, found: _Found) -> None:
    rows = [asdict(one) | {"place": one.place(text)} for one in found.findings]
    more = {"matching_keys": _keys(mapping), "looked_up": found.looked_up, "findings": rows}
    print_json(_facts(mapping) | more)


def _print(file: Path, mapping: Mapping, text: str, found: _Found) -> None:
    version, *counts = _facts(mapping).items()
    said = ", ".join(how_many(number, name.removesuffix("s").replace("_", " ")) for name, number in counts)
    click.echo(f"{file} is valid: {version[0]} {version[1]}, {said}")
    for one in _keys(mapping):
        of_payments = "gateways" in one
        whose = (", ".join(one["gateways"]) or "any gateway") if of_payments else "purchase orders of companies"
        what, parks = ("an id", "such a payment") if of_payments else ("a number", "such an order")
        key = f"becomes {one['becomes']}" if one["becomes"] is not None else f"does not fit; {parks} would park"
        click.echo(f"matching key of {whose} ({one['rule']}): {one['key']}")
        click.echo(f"  {what} of {len(one['example'])} characters, {one['example']}, {key}")
    words = KINDS | {"products": ("product or variant", "products and variants")}
    for looked in found.looked_up:
        numbers = ", ".join(how_many(int(number), *words[kind]) for kind, number in looked.items() if kind in words)
        click.echo(f"looked up in {looked['where']}: {numbers}")
    for finding in found.findings:
        place = finding.place(text)
        click.echo(f"{finding.severity}: {f'{file}: {place}: ' if place else ''}{finding.sentence}")
        if finding.count:
            examples, more = ", ".join(finding.examples), finding.count - len(finding.examples)
            more_ = f" and {more} more" if more > 0 else ""
            click.echo(f"  {how_many(finding.count, 'product')}: {examples}{more_}")
