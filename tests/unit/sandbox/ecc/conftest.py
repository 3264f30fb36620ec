"""A system of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ecc import Ecc, an_ecc
from tests.support.rfc_wire import WireClient


@pytest.fixture
def ecc(tmp_path: Path) -> Iterator[Ecc]:
    with an_ecc(tmp_path) as running:
        yield running


@pytest.fixture
def client(ecc: Ecc) -> WireClient:
    return ecc.connect()
