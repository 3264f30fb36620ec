"""A tunnel without its listener, for every test of the package."""

from pathlib import Path

import pytest

from tests.support.landing import Landing
from tests.support.virtual import VirtualRuntime


@pytest.fixture
def landing(tmp_path: Path) -> "Building":
    return Building(tmp_path)


class Building:
    """Builds the landing once the test's own loop runs, since the virtual runtime lives on it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *instances: str) -> Landing:
        landing = Landing(self._folder, VirtualRuntime())
        for instance in instances or ("agent-1",):
            landing.enrol(instance)
        return landing
