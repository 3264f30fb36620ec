"""The REST client against a scripted server: pacing, retries, kinds of errors, paging, digits."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from mlconnector_relay.bigcommerce import client as module
from mlconnector_relay.bigcommerce.client import ATTEMPTS, Fetch, StoreClient
from mlconnector_relay.bigcommerce.errors import (
    StoreAnswerInvalid,
    StoreError,
    StoreNotFound,
    StoreRateLimited,
    StoreUnauthorized,
    StoreUnavailable,
)
from mlconnector_relay.bigcommerce.paging import MOST_PAGES, PAGE

from tests.support.hasty import HastyRuntime

Answer = tuple[int, str, dict[str, str]] | None


class Script:
    """Answers requests one after the other; the last answer stays; None cuts the connection."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[web.Request] = []
        self.decide: Callable[[web.Request], web.Response] | None = None

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        if self.decide:
            return self.decide(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        status, text, headers = answer
        return web.Response(status=status, text=text, headers=headers)


@asynccontextmanager
async def asking(*answers: Answer) -> AsyncIterator[tuple[StoreClient, Script, HastyRuntime]]:
    script, runtime = Script(*answers), HastyRuntime()
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", script.answer)
    async with TestServer(application) as server, module.connection_pool() as http:
        yield StoreClient(http, str(server.make_url("/stores/abc")), "token", runtime), script, runtime


OK: Answer = (200, "{}", {})


async def test_a_server_error_is_retried_within_bounds() -> None:
    """Three failures and then an answer is an answer; nobody noticed."""
    async with asking((503, "", {}), (500, "", {}), None, (200, '{"id": 1}', {})) as (client, script, runtime):
        assert await client.get("/v2/store") == {"id": 1}
        assert len(script.asked) == 4
        assert len(runtime.slept) >= 2


async def test_a_store_that_stays_away_is_asked_a_bounded_number_of_times() -> None:
    """Hours of patience are the job's."""
    async with asking((502, "bad gateway", {})) as (client, script, _):
        with pytest.raises(StoreUnavailable, match="HTTP 502: bad gateway"):
            await client.get("/v2/store")
        assert len(script.asked) == ATTEMPTS


async def test_what_the_store_asks_for_is_waited() -> None:
    """A 429 with its headers waits as long as they say, one without waits a moment."""
    async with asking((429, "", {"X-Retry-After": "9"}), (429, "", {}), OK) as (client, _, runtime):
        await client.get("/v2/store")
    assert runtime.slept[0] >= 9
    assert 0 < sum(runtime.slept[1:]) < 5


async def test_a_429_that_stays_is_told_with_its_pause() -> None:
    """The job's patience is longer than ours, and keeps to what the store asked for."""
    async with asking((429, "", {"X-Rate-Limit-Time-Reset-Ms": "4000"})) as (client, script, _):
        with pytest.raises(StoreRateLimited) as caught:
            await client.get("/v2/store")
    assert caught.value.retry_after == 4.0
    assert len(script.asked) == ATTEMPTS


async def test_the_next_request_waits_when_the_quota_is_used_up() -> None:
    """Pacing by the headers of a good answer, before any 429."""
    used_up = {"X-Rate-Limit-Requests-Left": "0", "X-Rate-Limit-Time-Reset-Ms": "3000"}
    async with asking((200, "{}", used_up), OK) as (client, script, runtime):
        await client.get("/v2/store")
        assert client.is_used_up
        await client.get("/v2/store")
    assert sum(runtime.slept) == pytest.approx(3, abs=0.5)
    assert len(script.asked) == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, StoreUnauthorized),
        (403, StoreUnauthorized),
        (404, StoreNotFound),
        (302, StoreAnswerInvalid),
        (422, StoreAnswerInvalid),
    ],
)
async def test_what_will_not_heal_in_seconds_is_not_retried(status: int, kind: type[StoreError]) -> None:
    """Nor is a redirect followed: the token goes nowhere else."""
    async with asking((status, "said", {"Location": "/elsewhere"})) as (client, script, _):
        with pytest.raises(kind, match=f"HTTP {status}: said"):
            await client.get("/v2/store")
    assert len(script.asked) == 1


@pytest.mark.parametrize("answer", [(500, "", {}), (429, "", {}), None])
async def test_a_change_is_never_repeated(answer: Answer) -> None:
    """BigCommerce has no idempotency keys: a second POST could be a second webhook."""
    async with asking(answer) as (client, script, _):
        with pytest.raises(StoreError):
            await client.send("POST", "/v3/hooks", {"scope": "x"})
    assert len(script.asked) == 1


async def test_nothing_is_none_and_amounts_keep_their_digits() -> None:
    """204 is an empty V2 list; no amount passes through a float."""
    async with asking((204, "", {}), (200, '{"a": 0.10, "b": 1e2, "c": 7}', {})) as (client, _, __):
        assert await client.get("/v2/orders/1/coupons") is None
        document = await client.get("/v3/x")
    assert str(document["a"]) == "0.10"
    assert isinstance(document["b"], Decimal)
    assert document["c"] == 7


@pytest.mark.parametrize(
    "text", ["<html>", '{"a": NaN}', '{"a": 1', "[" * 100_000, "9" * 5000, "1e99999999999999999999"]
)
async def test_what_is_no_json_is_not_read(text: str) -> None:
    """A proxy's page, half an answer, or numbers that are none."""
    async with asking((200, text, {})) as (client, script, _):
        with pytest.raises(StoreAnswerInvalid, match="no JSON"):
            await client.get("/v2/store")
    assert len(script.asked) == 1


async def test_an_answer_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """No store fills our memory."""
    monkeypatch.setattr(module, "MAX_ANSWER_BYTES", 1000)
    async with asking((200, "[" + "1," * 600 + "1]", {})) as (client, _, __):
        with pytest.raises(StoreAnswerInvalid, match="exceeds 1000 bytes"):
            await client.get("/v2/store")


async def test_every_answer_is_shown_to_the_observer() -> None:
    """The audit trail keeps every fetch, the failed ones too; the token is never among them."""
    seen: list[Fetch] = []
    async with asking((503, "", {}), (200, "[]", {})) as (client, script, _):
        await client.get("/v2/orders", {"page": "1"}, seen.append)
    assert [(fetch.method, fetch.path, fetch.status, fetch.body) for fetch in seen] == [
        ("GET", "/v2/orders?page=1", 503, b""),
        ("GET", "/v2/orders?page=1", 200, b"[]"),
    ]
    assert script.asked[0].headers["X-Auth-Token"] == "token"
    assert "token" not in repr(seen)


def paged(total: int, *, v3: bool, ignores: bool = False) -> Callable[[web.Request], web.Response]:
    def decide(request: web.Request) -> web.Response:
        page, limit = int(request.query["page"]), int(request.query["limit"])
        rows = [{"id": number} for number in range(total)]
        shown = rows if ignores else rows[(page - 1) * limit : page * limit]
        if v3:
            pages = -(-total // limit)
            meta: dict[str, Any] = {} if ignores else {"pagination": {"total_pages": pages}}
            return web.json_response({"data": shown, "meta": meta})
        return web.json_response(shown) if shown else web.Response(status=204)

    return decide


@pytest.mark.parametrize("v3", [False, True])
@pytest.mark.parametrize("total", [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE])
@pytest.mark.parametrize("ignores", [False, True])
async def test_every_item_comes_once(v3: bool, total: int, ignores: bool) -> None:
    """Also from lists that know no pages and answer everything every time."""
    async with asking(OK) as (client, script, _):
        script.decide = paged(total, v3=v3, ignores=ignores)
        items = await client.all_pages("/list")
    assert [item["id"] for item in items] == list(range(total))
    assert len(script.asked) <= total // PAGE + 2


async def test_a_list_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound with a name, not for ever."""
    monkeypatch.setattr(module, "MOST_PAGES", 3)
    async with asking(OK) as (client, script, _):
        script.decide = paged(10 * PAGE, v3=False)
        with pytest.raises(StoreAnswerInvalid, match="more than 3 pages"):
            await client.all_pages("/list")
    assert MOST_PAGES == 4000


@pytest.mark.parametrize("limit", ["items", "bytes"])
async def test_a_list_held_as_a_whole_is_short(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """No store fills our memory with an order of a million lines; as many as fit come whole."""
    monkeypatch.setattr(module, "MOST_PAGES_AT_ONCE", 2 if limit == "items" else 100)
    monkeypatch.setattr(module, "MOST_BYTES", 2**20 if limit == "items" else 5 * PAGE)
    async with asking(OK) as (client, script, _):
        script.decide = paged(3 * PAGE, v3=False)
        with pytest.raises(StoreAnswerInvalid, match=r"more than [0-9]+ items or [0-9]+ bytes"):
            await client.all_pages("/list")
        assert len([page async for page in client.pages("/list")]) == 3


async def test_a_list_that_is_too_slow_is_left_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads it tries again later."""
    monkeypatch.setattr(module, "LIST_SECONDS", 100.0)
    async with asking(OK) as (client, script, runtime):
        script.decide = paged(10 * PAGE, v3=False)
        pages = client.pages("/list")
        for _ in range(2):
            assert len(await anext(pages)) == PAGE
            await runtime.sleep(60)
        with pytest.raises(StoreUnavailable, match="page 3 of the list is reached only after 100 s"):
            await anext(pages)


async def test_a_request_is_not_repeated_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that answers nothing usable holds nobody for minutes; an answer counts whenever it comes."""
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.0)
    async with asking((503, "", {})) as (client, script, _):
        with pytest.raises(StoreUnavailable, match="HTTP 503"):
            await client.get("/v2/store")
        assert len(script.asked) == 1
    async with asking(OK) as (client, _, _):
        assert await client.get("/v2/store") == {}


@pytest.mark.parametrize("status", [400, 401, 404, 429, 503])
async def test_what_a_store_says_is_quoted_fit_for_a_log(status: int) -> None:
    """One line without control characters, and without our token, also where its echo is cut."""
    said = "\x1b[2J<html>\n\x00" + "x" * 280 + "token\u202e"
    async with asking((status, said, {})) as (client, _, _):
        with pytest.raises(StoreError) as caught:
            await client.get("/v2/orders")

    assert str(caught.value).isprintable()
    assert f"HTTP {status}: [2J<html>" in str(caught.value)
    assert not str(caught.value).partition("x" * 280)[2].startswith("t")


async def test_no_cookie_goes_back() -> None:
    """All stores are reached at one address: a cookie of one account must not go with another's token."""
    async with asking((200, "{}", {"Set-Cookie": "session=of-this-store; Path=/"})) as (client, script, _):
        for _ in range(2):
            await client.get("/v2/store")

    assert [request.headers.get("Cookie") for request in script.asked] == [None, None]
