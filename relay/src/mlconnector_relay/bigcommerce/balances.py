"""What a store owes its shoppers: the balances of its gift certificates and of their store credit.

Facts: `GET /v2/gift_certificates` (scope Marketing) and `GET /v3/customers?include=storecredit` (scope Customers), as
in BigCommerce's API reference. Store credit has no currency of its own: it is in the store's default one.
"""

from collections import Counter
from decimal import Decimal
from typing import Final

from .client import StoreClient
from .errors import fit
from .fields import Listed, Money, Number, Text
from .orders import Document

__all__ = ["gift_certificates", "store_credit"]

ZERO: Final = Decimal(0)

UNPAID: Final = "pending"
"""A certificate whose order is not paid yet: nobody is owed anything by it."""


class _Certificate(Document):
    id: Number
    balance: Money = ZERO
    status: Text = ""
    currency_code: Text = ""


class _Credit(Document):
    amount: Money = ZERO


class _Customer(Document):
    id: Number
    store_credit_amounts: Listed[_Credit] = ()


async def gift_certificates(client: StoreClient) -> dict[str, Decimal]:
    """Return what is left on all gift certificates that were paid for, by currency; whatever their status else.

    An expired or disabled one is still a liability in the books until somebody takes it out.

    Raises:
        StoreError: a request failed, or the answer is no such list.
    """
    path, found = "/v2/gift_certificates", Counter[str]()
    async for page in client.pages(path):
        for row in page:
            one = fit(_Certificate, row, path)
            if one.status != UNPAID:
                found[one.currency_code] += one.balance  # type: ignore[assignment]
    return {currency: Decimal(amount) for currency, amount in found.items()}


async def store_credit(client: StoreClient) -> Decimal:
    """Return the sum of all customers' store credit, in the store's default currency.

    Raises:
        StoreError: a request failed, or the answer is no such list.
    """
    path, whole = "/v3/customers", ZERO
    async for page in client.pages(path, {"include": "storecredit"}):
        for row in page:
            whole += sum((one.amount for one in fit(_Customer, row, path).store_credit_amounts), ZERO)
    return whole
