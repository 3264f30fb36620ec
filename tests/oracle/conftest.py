"""One ECC simulator for all orders of a worker."""

from collections.abc import Iterator

import pytest

from .books import Books, books


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with books(tmp_path_factory.mktemp("oracle")) as running:
        yield running
