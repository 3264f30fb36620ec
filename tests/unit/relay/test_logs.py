"""Logs: one JSON object per line, stable names, nothing secret or personal, libraries included."""

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from mlconnector_relay.logs import configure_logs

AT = datetime(2026, 11, 23, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """A configured log file; everything is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for handler in handlers:
        root.removeHandler(handler)
    path = tmp_path / "relay.log"
    configure_logs(lambda: AT, file=path)
    yield path
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_an_event_is_one_json_line(log: Path) -> None:
    """Its name, when, how severe, who says so, and its fields."""
    structlog.get_logger("mlconnector_relay.tunnel").info("tunnel.session_opened", instance="agent-1", slot=0)

    assert lines(log) == [
        {
            "at": "2026-11-23T12:30:15.123+00:00",
            "event": "tunnel.session_opened",
            "level": "info",
            "logger": "mlconnector_relay.tunnel",
            "instance": "agent-1",
            "slot": 0,
        }
    ]


def test_fields_bound_before_are_in_every_line(log: Path) -> None:
    """Also those bound to the task, such as the trace."""
    bound = structlog.get_logger("x").bind(tenant="acme")
    with structlog.contextvars.bound_contextvars(trace="00-trace"):
        bound.warning("one")

    [line] = lines(log)
    assert (line["tenant"], line["trace"], line["level"]) == ("acme", "00-trace", "warning")


def test_secrets_and_personal_data_are_hidden_at_any_depth(log: Path) -> None:
    """Whoever logs them by mistake."""
    structlog.get_logger("x").info("order.fetched", order={"email": "a@b.example", "id": 7}, access_token="secret")

    [line] = lines(log)
    assert line["order"] == {"email": "***", "id": 7}
    assert line["access_token"] == "***"


def test_libraries_speak_in_json_too(log: Path) -> None:
    """Their warnings are kept, what they tell about each request is not."""
    logging.getLogger("websockets.server").info("connection open")
    logging.getLogger("websockets.server").warning("handshake of %s failed", "127.0.0.1")
    logging.getLogger("something.else").info("hello %s", "world")

    assert [(line["level"], line["event"]) for line in lines(log)] == [
        ("warning", "handshake of 127.0.0.1 failed"),
        ("info", "hello world"),
    ]


def test_an_exception_stays_on_its_line(log: Path) -> None:
    """A trace of many lines would break every reader of the log."""
    try:
        int("broken")
    except ValueError:
        structlog.get_logger("x").exception("task.failed", task="watch")

    [line] = lines(log)
    assert "ValueError: invalid literal" in line["exception"]
    assert (line["event"], line["task"]) == ("task.failed", "watch")


def test_what_json_cannot_say_is_shown(log: Path) -> None:
    """A log call never fails because of a value."""
    structlog.get_logger("x").info("odd", value={1, 2}.__class__, raw=b"\xff")

    [line] = lines(log)
    assert line["raw"] == "b'\\xff'"


def test_debug_is_written_only_when_asked_for(log: Path, tmp_path: Path) -> None:
    """The level is a setting."""
    structlog.get_logger("x").debug("detail")
    assert lines(log) == []

    configure_logs(lambda: AT, file=tmp_path / "verbose.log", level="DEBUG")
    structlog.get_logger("x").debug("detail")

    assert [line["event"] for line in lines(tmp_path / "verbose.log")] == ["detail"]


def test_without_a_file_standard_output_is_used(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As containers want it."""
    configure_logs(lambda: AT)
    structlog.get_logger("x").info("here")

    assert json.loads(capsys.readouterr().out)["event"] == "here"
    assert lines(log) == []


async def test_a_request_that_is_no_http_is_one_line_and_quotes_nothing(log: Path) -> None:
    """Anybody can send one, and what it holds may be a secret that was meant for a header."""

    async def fine(_: web.Request) -> web.Response:
        return web.Response()

    application = web.Application()
    application.router.add_get("/", fine)
    async with TestServer(application) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Hook-Secret: " + b"sesame" * 5000 + b"\r\n\r\n")
        assert b" 400 " in await asyncio.wait_for(reader.readline(), 10)
        writer.close()
        await writer.wait_closed()

    [line] = lines(log)
    assert (line["level"], line["event"]) == (
        "warning",
        "Error handling request from 127.0.0.1: LineTooLong",
    )
    assert "exception" not in line
    assert "sesame" not in log.read_text("utf-8")


async def test_a_defect_behind_a_request_keeps_its_traceback(log: Path) -> None:
    """It is ours to mend."""

    async def broken(_: web.Request) -> web.Response:
        raise OverflowError("ours")

    application = web.Application()
    application.router.add_get("/", broken)
    async with (
        TestServer(application) as server,
        aiohttp.ClientSession() as http,
        http.get(server.make_url("/")) as got,
    ):
        assert got.status == 500

    [line] = [one for one in lines(log) if one["logger"] == "aiohttp.server"]
    assert line["level"] == "error"
    assert "OverflowError: ours" in line["exception"]
