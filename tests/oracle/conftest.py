"""One ECC simulator for all orders of a worker. No coverage is measured: the builder's is the unit tests' to show."""

from collections.abc import Iterator

import pytest

from .books import Books, books


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with books(tmp_path_factory.mktemp("oracle")) as running:
        yield running


@pytest.fixture(autouse=True)
def not_measured(unmeasured: None) -> None:
    """Hundreds of orders run through the same code, some of them through bugs."""
