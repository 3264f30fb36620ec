"""BigCommerce's REST API: paced by the store's quota, patient for seconds, every answer shown to an observer.

Facts: rate limits, paging and error bodies as in BigCommerce's "About our APIs", "API rate limits" and "Status codes".
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import tenacity
from mlconnector_shared.redact import REDACTED
from mlconnector_shared.runtime import Runtime, backoff

from .errors import StoreAnswerInvalid, StoreError, StoreNotFound, StoreRateLimited, StoreUnauthorized, StoreUnavailable
from .paging import LIST_SECONDS, MOST_BYTES, MOST_PAGES, MOST_PAGES_AT_ONCE, PAGE, is_last, items_of
from .quota import LONGEST_WAIT_SECONDS, TOO_MANY, Allowance, Quota, asked_seconds

__all__ = ["Fetch", "Observer", "StoreClient", "connection_pool"]

ATTEMPTS: Final = 4
"""Tries of one request; hours of patience are the job's, not ours."""

REQUEST_SECONDS: Final = 30.0

PATIENCE_SECONDS: Final = 60.0
"""After which a request is not repeated; an answer counts however long it waited for the quota, or none would come."""

MAX_ANSWER_BYTES: Final = 32 * 1024 * 1024


QUOTED_BYTES: Final = 300
"""Of an error's body; it ends up in logs and on terminals."""


def connection_pool() -> aiohttp.ClientSession:
    """Return the connections of one process to all stores; it keeps no cookies, which would join their accounts."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())


@dataclass(frozen=True, slots=True)
class Fetch:
    """One answered request, for the audit trail.

    Attributes:
        answered_at: by the store's own clock, to the second; `None` where it does not say.
    """

    method: str
    path: str
    status: int
    milliseconds: float
    body: bytes
    answered_at: datetime | None = None


Observer = Callable[[Fetch], None]


class StoreClient:
    """One store's API account.

    Args:
        http: the process's `connection_pool`.
        base_url: `https://api.bigcommerce.com/stores/{store_hash}` or a sandbox's.
        token: the account's access token.
        runtime: clocks and jitter.
        headers: sent beside the usual ones.
        allowance: the quota of an interface whose answers say nothing of it.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        base_url: str,
        token: str,
        runtime: Runtime,
        *,
        headers: Mapping[str, str] | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self._http = http
        self._base = base_url.rstrip("/")
        usual = {"X-Auth-Token": token, "Accept": "application/json", "User-Agent": "ml-connector"}
        self._headers = usual | dict(headers or {})
        self._token = token
        self._runtime = runtime
        self._quota = Quota(runtime, allowance)

    @property
    def is_used_up(self) -> bool:
        """Tell whether a request would wait for the store's quota."""
        return self._quota.is_used_up

    async def get(self, path: str, params: Mapping[str, str] | None = None, observe: Observer | None = None) -> Any:
        """Fetch a resource; `None` for 204, BigCommerce's way of saying an empty V2 list.

        Numbers arrive as `Decimal`, so that no amount ever passes through a float.

        Raises:
            StoreError: one of its kinds, after the seconds of patience are used up.
        """
        until = self._runtime.monotonic() + PATIENCE_SECONDS
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_worth_repeating),
            stop=lambda state: state.attempt_number >= ATTEMPTS or self._runtime.monotonic() >= until,
            wait=self._wait,
            sleep=self._runtime.sleep,
            reraise=True,
        )
        return await retrying(self._once, "GET", path, params, None, observe)

    async def send(self, method: str, path: str, body: Any) -> Any:
        """Create, change or delete; never repeated, since BigCommerce has no idempotency keys.

        Raises:
            StoreError: one of its kinds.
        """
        return await self._once(method, path, None, body, None)

    async def pages(
        self, path: str, params: Mapping[str, str] | None = None, observe: Observer | None = None
    ) -> AsyncIterator[list[Any]]:
        """Yield the pages of a V2 list (bare arrays, 204 past the end) or a V3 list (`data` and `meta`).

        Some lists have no paging and answer every page alike: those end with the first.

        Raises:
            StoreAnswerInvalid: the list does not end, or its pages are none.
            StoreUnavailable: it takes longer than `LIST_SECONDS`, or a request failed as `get` says.
        """
        before: list[Any] = []
        until = self._runtime.monotonic() + LIST_SECONDS
        for page in range(1, MOST_PAGES + 1):
            if self._runtime.monotonic() > until:
                raise StoreUnavailable(
                    "GET", path, f"page {page} of the list is reached only after {LIST_SECONDS:.0f} s"
                )
            answer = await self.get(path, {**(params or {}), "page": str(page), "limit": str(PAGE)}, observe)
            items = items_of(path, answer)
            if items and items != before:
                yield items
            if items == before or is_last(path, answer, page):
                return
            before = items
        raise StoreAnswerInvalid("GET", path, f"the list has more than {MOST_PAGES} pages")

    async def all_pages(
        self, path: str, params: Mapping[str, str] | None = None, observe: Observer | None = None
    ) -> list[Any]:
        """Return every item of a list that is short by its nature.

        Raises:
            StoreAnswerInvalid: it is longer than any such list, or as `pages` says.
            StoreUnavailable: as `pages` says.
        """
        found, size = list[Any](), 0

        def weigh(fetch: Fetch) -> None:
            nonlocal size
            size += len(fetch.body)
            if observe:
                observe(fetch)

        async for page in self.pages(path, params, weigh):
            found += page
            if len(found) > MOST_PAGES_AT_ONCE * PAGE or size > MOST_BYTES:
                raise StoreAnswerInvalid(
                    "GET", path, f"the list has more than {MOST_PAGES_AT_ONCE * PAGE} items or {MOST_BYTES} bytes"
                )
        return found

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, StoreError) else None
        own = backoff(state.attempt_number, 0.5, 8.0, self._runtime.random())
        return min(LONGEST_WAIT_SECONDS, max(asked or 0.0, own))

    async def _once(
        self, method: str, path: str, params: Mapping[str, str] | None, body: Any, observe: Observer | None
    ) -> Any:
        await self._quota.begin()
        started = self._runtime.monotonic()
        try:
            status, headers, raw = await self._exchange(method, path, params, body)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise StoreUnavailable(method, path, f"no answer: {type(error).__name__} {error}".strip()) from error
        finally:
            self._quota.end()
        self._quota.learn(status, headers)
        milliseconds = (self._runtime.monotonic() - started) * 1000
        if observe:
            shown = path if not params else path + "?" + "&".join(f"{key}={value}" for key, value in params.items())
            observe(Fetch(method, shown, status, milliseconds, raw, _answered_at(headers)))
        if not 200 <= status < 300:  # noqa: PLR2004
            raise _failure(method, path, status, headers, self._said(raw), urlsplit(self._base).netloc)
        if status == 204 or not raw:  # noqa: PLR2004
            return None
        return _parse(method, path, status, raw)

    def _said(self, raw: bytes) -> str:
        """Return the beginning of an error's body, fit for a log: one line, and without our token if it was echoed."""
        said = raw[: QUOTED_BYTES + len(self._token)].decode("utf-8", "replace")
        said = said.replace(self._token, REDACTED)[:QUOTED_BYTES]
        return "".join(character if character.isprintable() else " " for character in said).strip()

    async def _exchange(
        self, method: str, path: str, params: Mapping[str, str] | None, body: Any
    ) -> tuple[int, Mapping[str, str], bytes]:
        async with self._http.request(
            method,
            self._base + path,
            params=params,
            json=body,
            headers=self._headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS),
        ) as response:
            raw = bytearray()
            async for chunk in response.content.iter_any():
                raw += chunk
                if len(raw) > MAX_ANSWER_BYTES:
                    break
            return response.status, response.headers, bytes(raw)


def _answered_at(headers: Mapping[str, str]) -> datetime | None:
    try:
        # A moment without a zone is one nobody knows.
        return parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _worth_repeating(error: BaseException) -> bool:
    return isinstance(error, StoreUnavailable | StoreRateLimited)


def _failure(method: str, path: str, status: int, headers: Mapping[str, str], said: str, host: str) -> StoreError:
    detail = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    match status:
        case 401 | 403:
            return StoreUnauthorized(method, path, detail + "; check the access token and its OAuth scopes", status)
        case 404:
            # A wrong address is answered like this, too.
            return StoreNotFound(method, path, f"{host} answered {detail}", status)
        case _ if status == TOO_MANY:
            return StoreRateLimited(method, path, detail, status, asked_seconds(headers))
        case _ if status >= 500:  # noqa: PLR2004
            return StoreUnavailable(method, path, detail, status, asked_seconds(headers))
        case _:
            return StoreAnswerInvalid(method, path, detail, status)


def _parse(method: str, path: str, status: int, raw: bytes) -> Any:
    if len(raw) > MAX_ANSWER_BYTES:
        raise StoreAnswerInvalid(method, path, f"the answer exceeds {MAX_ANSWER_BYTES} bytes", status)
    try:
        return json.loads(raw, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise StoreAnswerInvalid(method, path, f"the answer is no JSON: {error}", status) from error


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")
