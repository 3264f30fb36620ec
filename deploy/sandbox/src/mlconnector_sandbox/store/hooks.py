"""The registered hooks and the rules of registering them."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from .accounts import Account
from .events import is_known, matches
from .shelf import Shelf
from .wire import Json

__all__ = ["EXCEPTION_SCOPE", "Hook", "HookRefusedError", "Hooks"]

PER_SCOPE_LIMIT = 10
MAX_HEADERS = 64
MAX_HEADER_NAME = 64
MAX_HEADER_VALUE = 8192
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
EXCEPTION_SCOPE = "store/hook/deliveryException"
FIELDS = {"scope", "destination", "is_active", "headers", "events_history_enabled"}


class HookRefusedError(ValueError):
    """A hook cannot be registered like this; carries what the answer says."""

    def __init__(self, status: int, title: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.errors = dict(errors or {})


class Hook(msgspec.Struct, frozen=True):
    """One subscription. `deactivated` tells one that BigCommerce switched off from one its owner did."""

    id: int
    client_id: str
    store_hash: str
    scope: str
    destination: str
    headers: dict[str, str] | None
    is_active: bool
    created_at: int
    updated_at: int
    deactivated: bool = False

    def shown(self) -> Json:
        """Give the hook as the API shows it."""
        body: Json = msgspec.to_builtins(self)
        del body["deactivated"]
        return body

    @property
    def status(self) -> str:
        """Give the status that `/hooks/admin` shows."""
        if self.is_active:
            return "active"
        return "deactivated" if self.deactivated else "inactive"


class Hooks:
    """All hooks of the store; each client sees only its own."""

    def __init__(self, store_hash: str, shelf: Shelf, allocate: Callable[[str], int], *, any_destination: bool) -> None:
        self._store_hash = store_hash
        self._shelf = shelf
        self._allocate = allocate
        self._any_destination = any_destination
        self.emails: list[str] = []
        self._hooks = {int(key): msgspec.convert(body, Hook) for key, body in shelf.read("hook")}

    def __iter__(self) -> Iterator[Hook]:
        """Give all hooks by id."""
        return iter(self._hooks[key] for key in sorted(self._hooks))

    def get(self, hook_id: int) -> Hook | None:
        """Find a hook."""
        return self._hooks.get(hook_id)

    def listening(self, scope: str) -> list[Hook]:
        """Give the active hooks that an event goes to."""
        return [hook for hook in self if hook.is_active and matches(hook.scope, scope)]

    def create(self, account: Account, body: Any) -> Hook:
        """Register a hook.

        Raises:
            HookRefusedError: The body or the rules do not allow it.
        """
        now = int(time.time())
        wanted = _checked(body, required=("scope", "destination"))
        hook = Hook(
            id=self._allocate("hook"),
            client_id=account.client_id,
            store_hash=self._store_hash,
            scope=wanted["scope"],
            destination=wanted["destination"],
            headers=wanted.get("headers"),
            is_active=wanted.get("is_active", False),
            created_at=now,
            updated_at=now,
        )
        self._check(hook)
        return self._keep(hook)

    def update(self, hook: Hook, body: Any) -> Hook:
        """Change a hook; activating one clears that it was deactivated.

        Raises:
            HookRefusedError: The body or the rules do not allow it.
        """
        wanted = _checked(body, required=())
        wanted.pop("events_history_enabled", None)
        changed = msgspec.structs.replace(hook, **wanted, updated_at=int(time.time()), deactivated=False)
        self._check(changed)
        return self._keep(changed)

    def delete(self, hook: Hook) -> None:
        """Remove a hook."""
        self._hooks.pop(hook.id, None)
        self._shelf.drop("hook", hook.id)

    def deactivate(self, hook: Hook) -> None:
        """Switch a hook off, as BigCommerce does after the last retry."""
        if hook.id in self._hooks:
            self._keep(msgspec.structs.replace(hook, is_active=False, deactivated=True, updated_at=int(time.time())))

    def _keep(self, hook: Hook) -> Hook:
        self._hooks[hook.id] = hook
        self._shelf.put("hook", hook.id, msgspec.to_builtins(hook))
        return hook

    def _check(self, hook: Hook) -> None:
        if not is_known(hook.scope):
            raise HookRefusedError(400, f"The scope {hook.scope} is not one that hooks can be registered for")
        self._check_destination(hook.destination)
        mine = [other for other in self if other.client_id == hook.client_id and other.id != hook.id]
        if hook.scope == EXCEPTION_SCOPE and any(other.destination == hook.destination for other in mine):
            raise _invalid("destination", "must differ from the destinations of all other hooks")
        same_scope = [other for other in mine if other.scope == hook.scope]
        if any(other.destination == hook.destination for other in same_scope):
            raise _invalid("destination", "there is a hook of this scope for this destination already")
        if len(same_scope) >= PER_SCOPE_LIMIT:
            raise _invalid("scope", f"there are {PER_SCOPE_LIMIT} hooks of this scope already")

    def _check_destination(self, destination: str) -> None:
        try:
            url = urlsplit(destination)
            port = url.port
        except ValueError as error:
            raise _invalid("destination", f"is not a URL: {error}") from error
        if not url.hostname or url.scheme not in {"http", "https"}:
            raise _invalid("destination", "is not an http(s) URL")
        if not self._any_destination and (url.scheme != "https" or port not in {None, 443}):
            raise _invalid("destination", "must be https on port 443")


def _invalid(field: str, message: str) -> HookRefusedError:
    return HookRefusedError(422, "JSON data is missing or invalid", {field: message})


def _checked(body: Any, required: tuple[str, ...]) -> Json:
    if not isinstance(body, dict) or not body:
        raise HookRefusedError(400, "Input is invalid.")
    for field in required:
        if field not in body:
            raise _invalid(field, "is missing")
    kinds = {"scope": str, "destination": str, "is_active": bool, "events_history_enabled": bool}
    for field, kind in kinds.items():
        if field in body and not isinstance(body[field], kind):
            raise _invalid(field, f"must be a {kind.__name__}")
    _check_headers(body.get("headers"))
    return {field: body[field] for field in FIELDS if field in body}


def _check_headers(headers: Any) -> None:
    if headers is None:
        return
    if not isinstance(headers, dict) or len(headers) > MAX_HEADERS:
        raise _invalid("headers", f"must be an object of at most {MAX_HEADERS} entries")
    for name, value in headers.items():
        if not isinstance(value, str) or len(name) > MAX_HEADER_NAME or len(value) > MAX_HEADER_VALUE:
            raise _invalid("headers", "each must be a string within the documented lengths")
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            raise _invalid("headers", f"{name!r} has characters that no HTTP header may have")
