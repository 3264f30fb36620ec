"""Structured logs: one JSON object per line, a stable event name, fields without secrets or personal data."""

import logging
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog
from aiohttp.http_exceptions import HttpProcessingError
from mlconnector_shared.redact import redact
from structlog.typing import EventDict, WrappedLogger

__all__ = ["configure_logs"]

QUIET_LIBRARIES: Final = ("aiohttp.access", "aiosqlite", "alembic", "asyncio", "websockets")
"""They report as sentences what we report as events; only their warnings are kept."""


class _Strangers(logging.Filter):
    """Tells of a request that is no HTTP in one line: its traceback quotes the request, and anybody can send one."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            record.msg, record.args = f"{record.getMessage()}: {type(error).__name__}", ()
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
            record.exc_info = record.exc_text = None
        return True


_strangers: Final = _Strangers()


def configure_logs(now: Callable[[], datetime], *, file: Path | None = None, level: str = "INFO") -> None:
    """Send our events and the libraries' warnings as JSON lines to a file, or to standard output.

    Args:
        now: the Runtime's wall clock.
        file: appended to; standard output where it is None.
        level: least severe level that is written.
    """

    def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"at": now().isoformat(timespec="milliseconds"), **event}

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        stamp,
    ]
    handler = logging.StreamHandler(sys.stdout) if file is None else logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.PositionalArgumentsFormatter()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _redacted,
                structlog.processors.JSONRenderer(default=repr),
            ],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level)
    for name in QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("aiohttp.server").addFilter(_strangers)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return redact(event)
