"""A store's B2B Edition, as far as orders need it; it has a host and a quota of its own.

Facts: its resources and headers as in BigCommerce's "B2B Edition APIs", its quota as in their "Best practices".
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeVar

import aiohttp
from mlconnector_shared.runtime import Runtime
from pydantic import AliasChoices, Field

from .client import Observer, StoreClient
from .company_orders import CompanyOrder
from .errors import StoreAnswerInvalid, StoreNotFound, fit
from .fields import Flag, Listed, Number, OptionalNumber, Text
from .orders import Document
from .quota import Allowance
from .recent import Recent

__all__ = ["DOCUMENTED_HOST", "Companies", "company_client"]

DOCUMENTED_HOST: Final = "https://api-b2b.bigcommerce.com"
ROOT: Final = "/api/v3/io"
ALLOWANCE: Final = Allowance(150, 60.0)

COMPANY_SECONDS: Final = 300.0
USER_SECONDS: Final = 60.0
MOST_COMPANIES: Final = 10_000


class _ExtraField(Document):
    name: Text = Field("", validation_alias=AliasChoices("fieldName", "labelName"))
    value: Text = Field("", validation_alias="fieldValue")


class _Order(Document):
    id: OptionalNumber = Field(None, validation_alias="bcOrderId")
    company_id: Number = Field(0, validation_alias="companyId")
    po_number: Text = Field("", validation_alias="poNumber")
    pays_invoice: Flag = Field(default=False, validation_alias="isInvoiceOrder")
    invoice_number: Text = Field("", validation_alias="invoiceNumber")


class _Company(Document):
    id: OptionalNumber = Field(None, validation_alias="companyId")
    fields: Listed[_ExtraField] = Field((), validation_alias="extraFields")


class _PaymentTerms(Document):
    id: OptionalNumber = Field(None, validation_alias="companyId")
    days: OptionalNumber = Field(None, validation_alias="paymentTerms")


class _User(Document):
    id: OptionalNumber = Field(None, validation_alias="customerId")
    company_id: Number = Field(0, validation_alias="companyId")


M = TypeVar("M", _Order, _Company, _PaymentTerms, _User)


class _Facts(NamedTuple):
    days: int | None
    fields: dict[str, str]


def company_client(
    http: aiohttp.ClientSession, base_url: str, token: str, store_hash: str, runtime: Runtime
) -> StoreClient:
    """Return a client of a store's B2B Edition; arguments as for `StoreClient`, the address without its path."""
    headers = {"X-Store-Hash": store_hash}
    return StoreClient(http, base_url, token, runtime, headers=headers, allowance=ALLOWANCE)


class Companies:
    """The companies of one store, and what they ordered.

    Args:
        client: the B2B Edition's.
        runtime: clocks.
    """

    def __init__(self, client: StoreClient, runtime: Runtime) -> None:
        self._client = client
        self._companies: Recent[int, _Facts] = Recent(runtime, COMPANY_SECONDS, MOST_COMPANIES)
        self._users: Recent[int, _User] = Recent(runtime, USER_SECONDS, MOST_COMPANIES)

    @property
    def is_used_up(self) -> bool:
        """Tell whether a request would wait for the quota."""
        return self._client.is_used_up

    async def check(self) -> None:
        """Ask for as little as possible, to see that address and token are right.

        Raises:
            StoreError: they are not, or the store has no B2B Edition.
        """
        await self._client.get(f"{ROOT}/orders", {"limit": "1"})

    async def of_order(self, order_id: int, customer_id: int, observe: Observer | None = None) -> CompanyOrder:
        """Return what is known of an order that a customer with an account placed.

        The B2B Edition hears of an order after the store itself, and lists orders of no company, too: an order without
        company is awaited while its customer is a user of one.

        Raises:
            StoreError: a fetch failed.
        """
        order = await self._maybe(_Order, "/orders/{}", order_id, observe) or _Order()
        if order.pays_invoice:
            facts = await self._company(order.company_id, observe) if order.company_id else _Facts(None, {})
            return CompanyOrder(
                standing="invoice_payment",
                company_id=order.company_id,
                invoice_number=order.invoice_number,
                days=facts.days,
                fields=facts.fields,
            )
        if not order.company_id:
            return CompanyOrder(standing="awaited" if await self._is_user(customer_id, observe) else "private")
        facts = await self._company(order.company_id, observe)
        return CompanyOrder(
            standing="company",
            company_id=order.company_id,
            po_number=order.po_number,
            days=facts.days,
            fields=facts.fields,
        )

    async def _company(self, company_id: int, observe: Observer | None) -> _Facts:
        async def fetched(ids: Sequence[int]) -> dict[int, _Facts]:
            found = {}
            for one in ids:
                company = await self._maybe(_Company, "/companies/{}", one, observe) or _Company()
                terms = await self._maybe(_PaymentTerms, "/companies/{}/payment-terms", one, observe)
                days = terms.days if terms else None
                found[one] = _Facts(days, {field.name: field.value for field in company.fields if field.name})
            return found

        return (await self._companies.get([company_id], fetched))[company_id]

    async def _is_user(self, customer_id: int, observe: Observer | None) -> bool:
        async def fetched(ids: Sequence[int]) -> dict[int, _User]:
            found = {one: await self._maybe(_User, "/users/customer/{}", one, observe) for one in ids}
            return {one: user for one, user in found.items() if user is not None}

        user = (await self._users.get([customer_id], fetched)).get(customer_id)
        return user is not None and user.company_id > 0

    async def _maybe(self, kind: type[M], form: str, wanted: int, observe: Observer | None) -> M | None:
        """Return a document, or None where there is none; one about something else than was asked for is an error."""
        path = ROOT + form.format(wanted)
        try:
            answer = await self._client.get(path, observe=observe)
        except StoreNotFound:
            return None
        found: Any = answer.get("data") if isinstance(answer, dict) else None
        # A single order stands in a list, a single company does not.
        found = next(iter(found), None) if isinstance(found, list) else found
        if not found:
            return None
        read = fit(kind, found, path)
        if read.id not in {None, wanted}:
            raise StoreAnswerInvalid("GET", path, f"the answer is about {read.id}")
        return read
