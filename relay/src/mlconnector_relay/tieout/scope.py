"""Where documents of ours can stand in an SAP client: company codes, customers, references."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from ..db import ledger_views
from ..db.engine import Database
from ..db.ledger_views import Posting
from ..db.sap_documents import DocumentKey
from ..db.sap_readings import Reading
from ..directory import Directory, NoMapping
from ..sap.frozen import FrozenInvalid, read_head
from ..sap.mapping_file import CompanyCode, MappingFile

__all__ = ["Scope", "scope_of"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What to ask for.

    Attributes:
        company_codes: those the ledger knows of the SAP client, and those of the mapping in force.
        store_codes: with which references begin.
        customers: by company code, the accounts our documents are owed by, with leading zeros.
        object_keys: of the documents that were posted for us.
        adopted: those of others, under other references, with the account they are owed by, with leading zeros.
    """

    company_codes: tuple[str, ...]
    store_codes: tuple[str, ...]
    customers: Mapping[str, tuple[str, ...]]
    object_keys: frozenset[str]
    adopted: Mapping[DocumentKey, str]


async def scope_of(database: Database, directory: Directory, reading: Reading) -> Scope:
    """Gather it from ledger, stores and mapping: after a loss of the ledger the latter two still find the books.

    Raises:
        DatabaseError: the ledger cannot be read.
    """
    tenant, sysid, client = reading.tenant, reading.sysid, reading.client
    accounts = [one for one in directory.accounts_of(tenant) if (one.store.sysid, one.store.client) == (sysid, client)]
    hashes = {one.store.store_hash for one in accounts}
    async with database.read() as tx:
        company_codes = await ledger_views.company_codes(tx, tenant, sysid, client)
    customers: set[tuple[str, str]] = set()
    try:
        file = directory.mapping(tenant).file
        for rule in file.company_codes:
            if not rule.stores or hashes & set(rule.stores):
                company_codes.add(rule.company_code)
                customers |= {(rule.company_code, _padded(one)) for one in _one_time(file, rule)}
    except NoMapping:
        pass  # then only the ledger knows
    object_keys: set[str] = set()
    adopted: dict[DocumentKey, str] = {}
    # A document is entered after it was intended, and before it is adopted; a day for the clocks' zones.
    since = datetime.combine(reading.since, time(), UTC) - timedelta(days=1)
    after, full = "", True
    while full:
        async with database.read() as tx:
            found = await ledger_views.page(tx, tenant, since, after)
        full = len(found) == ledger_views.PAGE
        for one in found:
            after = one.posting_id
            if (one.sysid, one.client) == (sysid, client):
                customers |= _customer(one)
                foreign = _adopted(one)
                adopted |= foreign
                # Who posted those posts other documents, too.
                object_keys |= {one.object_key} - {"", *(key.object_key for key in foreign)}
    by_company = {
        code: tuple(sorted(customer for company, customer in customers if company == code)) for code in company_codes
    }
    codes = tuple(sorted({one.store.store_code for one in accounts}))
    return Scope(tuple(sorted(company_codes)), codes, by_company, frozenset(object_keys), adopted)


def _one_time(file: MappingFile, company: CompanyCode) -> set[str]:
    """Return every one-time customer a company code may post to."""
    ruled = {
        one.one_time_customer
        for one in file.documents
        if one.one_time_customer and (not one.company_codes or company.company_code in one.company_codes)
    }
    return {company.one_time_customer, *ruled}


def _customer(posting: Posting) -> set[tuple[str, str]]:
    try:
        customer = read_head(posting.facts).customer
        return {(posting.company_code, _padded(customer))} if customer else set()
    except FrozenInvalid:
        return set()  # what it is made of is for others to miss


def _adopted(posting: Posting) -> dict[DocumentKey, str]:
    try:
        head = read_head(posting.facts)
    except FrozenInvalid:
        return {}
    number, year = posting.object_key[:10], posting.object_key[14:]
    return {} if head.adopted is None else {DocumentKey(posting.company_code, number, year): _padded(head.customer)}


def _padded(account: str) -> str:
    return account.zfill(10) if account.isdecimal() else account
