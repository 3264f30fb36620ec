"""The RFC library stand-in under the real binding, against the test server in a process of its own.

Never a thread: the binding holds the interpreter's lock while it waits for an answer, so a server in the same
process would never get to give it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pyrfc
import pytest

from tests.support.rfc_server.process import ServerProcess
from tests.support.sdk import sdk_home


@pytest.fixture(scope="session", autouse=True)
def sdk() -> Path:
    """Bring the library up to date and lead pyrfc to it."""
    home = sdk_home()
    os.environ["SAPNWRFC_HOME"] = str(home)  # for ever: pyrfc looks once per process
    return home


@pytest.fixture(scope="session")
def server() -> Iterator[ServerProcess]:
    """Share one server."""
    process = ServerProcess()
    yield process
    process.kill()


@pytest.fixture
def own_server() -> Iterator[ServerProcess]:
    """Give a server that the test may change or kill."""
    process = ServerProcess()
    yield process
    process.kill()


@pytest.fixture
def connection(server: ServerProcess) -> Iterator[pyrfc.Connection]:
    """Give a connection of its own."""
    opened = pyrfc.Connection(**server.parameters)
    yield opened
    opened.close()
