"""API accounts: a token with its OAuth scopes, and the client whose secret signs the callbacks of its hooks."""

import secrets
from collections.abc import Iterator

import msgspec

from .shelf import Shelf

__all__ = ["ALL_SCOPES", "Account", "Accounts", "new_account"]

ALL_SCOPES = (
    "store_v2_orders",
    "store_v2_transactions_read_only",
    "store_v2_customers_read_only",
    "store_v2_products_read_only",
    "store_v2_information_read_only",
    "store_v2_marketing_read_only",
    "store_channel_settings_read_only",
)


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One API account."""

    client_id: str
    client_secret: str
    access_token: str
    scopes: tuple[str, ...] = ALL_SCOPES

    def may(self, scope: str) -> bool:
        """Tell whether the token has an OAuth scope; the one that may write may also read."""
        return not scope or scope in self.scopes or scope.removesuffix("_read_only") in self.scopes


def new_account(access_token: str | None = None, client_secret: str | None = None) -> Account:
    """Make an account; what is not given is drawn."""
    return Account(
        client_id=secrets.token_hex(16),
        client_secret=client_secret or secrets.token_hex(32),
        access_token=access_token or secrets.token_hex(16),
    )


class Accounts:
    """The accounts of the store. The first is the one that the ready file names."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        kept = sorted(shelf.read("account"), key=lambda row: int(row[0]))
        self._accounts = [msgspec.convert(body, Account) for _, body in kept]

    def __iter__(self) -> Iterator[Account]:
        """Give the accounts, oldest first."""
        return iter(self._accounts)

    def add(self, account: Account) -> None:
        """Add an account."""
        self._accounts.append(account)
        self._shelf.put("account", len(self._accounts) - 1, msgspec.to_builtins(account))

    def open_first(self, access_token: str | None, client_secret: str | None) -> None:
        """Make the first account, or give a kept one the credentials that are given now."""
        if not self._accounts:
            self.add(new_account(access_token, client_secret))
            return
        first = self._accounts[0]
        self._accounts[0] = msgspec.structs.replace(
            first,
            access_token=access_token or first.access_token,
            client_secret=client_secret or first.client_secret,
        )
        self._shelf.put("account", 0, msgspec.to_builtins(self._accounts[0]))

    def by_token(self, token: str) -> Account | None:
        """Find the account of a token."""
        return next((account for account in self if account.access_token == token), None)

    def by_client(self, client_id: str) -> Account | None:
        """Find an account of a client."""
        return next((account for account in self if account.client_id == client_id), None)
