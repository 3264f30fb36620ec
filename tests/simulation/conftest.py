"""Simulations log plainly, collect garbage seldom and are not measured: each would cost as much as the worlds do."""

import gc
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.support.world import Ground


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as path:
        yield Ground(Path(path))


@pytest.fixture(autouse=True)
def plain_and_unmeasured(unmeasured: None) -> None:
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.KeyValueRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        cache_logger_on_first_use=False,
    )


@pytest.fixture(scope="session", autouse=True)
def rare_collections() -> Iterator[None]:
    """Worlds leave cycles by the thousand, and all modules would be looked through for each."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, *before[1:])
    yield
    gc.set_threshold(*before)
    gc.unfreeze()
