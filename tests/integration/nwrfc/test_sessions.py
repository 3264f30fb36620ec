"""Sessions: logging on, the LUW they hold, and every way in which they end."""

import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pyrfc
import pytest

from tests.support.rfc_server.process import ServerProcess


def entries(connection: pyrfc.Connection) -> list[str]:
    """Read what is committed."""
    return [row["ENTRY"] for row in connection.call("Z_READ")["ENTRIES"]]


def cancel_in_the_call(server: ServerProcess, connection: pyrfc.Connection, call_id: str) -> threading.Thread:
    """Cancel from another thread once the partner is in the call."""

    def work() -> None:
        with pyrfc.Connection(**server.parameters) as other:
            while not other.call("Z_IS_WAITING", ID=call_id)["ANSWER"]:
                time.sleep(0.01)
        connection.cancel()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


# ---- logging on ----


def test_attributes(connection: pyrfc.Connection, server: ServerProcess) -> None:
    """The partner's attributes reach the binding, cut to their length; unknown ones are skipped."""
    attributes = connection.get_connection_attributes()
    assert (attributes["sysId"], attributes["client"], attributes["user"]) == ("TST", "100", "DEMO")
    assert (attributes["isoLanguage"], attributes["rfcRole"], attributes["partnerIPv6"]) == ("EN", "C", "::1")
    assert attributes["partnerHost"] == "x" * 100
    assert attributes["host"] == socket.gethostname()[:100]
    assert connection.alive
    assert connection.is_valid()
    connection.ping()


def test_the_version_says_what_this_is() -> None:
    """Patch level 9999 and the text tell the stand-in from SAP's library, without a connection."""
    assert pyrfc.get_nwrfclib_version() == {"major": 7500, "minor": 0, "patchLevel": 9999, "platform": sys.platform}
    import pyrfcx

    assert "stand-in" in pyrfcx.sdk_version().description


@pytest.mark.parametrize("wrong", [{"passwd": "x"}, {"user": "NOBODY"}, {"client": "999"}])
def test_a_refused_logon(server: ServerProcess, wrong: dict[str, str]) -> None:
    """Wrong credentials are a LogonError with SAP's text."""
    with pytest.raises(pyrfc.LogonError, match="Name or password is incorrect") as caught:
        pyrfc.Connection(**{**server.parameters, **wrong})
    assert (caught.value.code, caught.value.key) == (2, "RFC_LOGON_FAILURE")


def test_any_number_of_parameters(server: ServerProcess) -> None:
    """Parameters that the stand-in does not know travel with the rest."""
    more: dict[str, Any] = {f"unheard_of_{i}": "x" * i for i in range(1, 40)}
    pyrfc.Connection(**server.parameters, **more).close()


@pytest.mark.parametrize(("given", "missing"), [({"user": "demo"}, "ASHOST"), ({"ashost": "127.0.0.1"}, "SYSNR")])
def test_a_missing_address(given: dict[str, Any], missing: str) -> None:
    """Without host or system number there is nowhere to connect: the parameter is named."""
    with pytest.raises(pyrfc.ExternalRuntimeError, match=missing) as caught:
        pyrfc.Connection(**given)
    assert (caught.value.code, caught.value.key) == (20, "RFC_INVALID_PARAMETER")


def test_nobody_listens() -> None:
    """An unreachable partner is a CommunicationError in SAP's many lines, with the address and the cause."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # taken, but nobody listens
        port = bound.getsockname()[1]
        with pytest.raises(
            pyrfc.CommunicationError, match=f"ERROR       partner '127.0.0.1:{port}' not reached"
        ) as caught:
            pyrfc.Connection(ashost="127.0.0.1", sysnr="00", gwserv=str(port), user="demo")
    assert caught.value.code == 1
    assert "ERRNO TEXT  Connection refused" in str(caught.value.message)


def test_a_host_that_does_not_exist() -> None:
    """A name that cannot be resolved is a CommunicationError that names it."""
    with pytest.raises(pyrfc.CommunicationError, match=r"hostname 'nowhere\.invalid' unknown"):
        pyrfc.Connection(ashost="nowhere.invalid", sysnr="00", user="demo")


@pytest.mark.parametrize("form", ["sysnr", "service", "gateway"])
def test_system_numbers_lead_to_gateway_ports(form: str) -> None:
    """System number NN is port 33NN, as with a real gateway."""
    server = ServerProcess("--gateway")
    number = f"{server.port - 3300:02d}"
    logon = {key: server.parameters[key] for key in ("client", "user", "passwd", "lang")}
    address: dict[str, dict[str, Any]] = {
        "sysnr": {"ashost": "127.0.0.1", "sysnr": number},
        "service": {"ashost": "127.0.0.1", "gwserv": f"sapgw{number}"},
        "gateway": {"GWHOST": "127.0.0.1", "SysNr": number},
    }
    try:
        with pyrfc.Connection(**logon, **address[form]) as connection:
            connection.ping()
    finally:
        server.kill()


def test_an_ini_file_names_destinations(server: ServerProcess, tmp_path: Path) -> None:
    """A destination brings its parameters; those given explicitly win; an unknown one brings none."""
    lines = "".join(f"{name.upper()}={value}\n" for name, value in server.parameters.items())
    ini = f"# comment=1\n// comment=2\nSTRAY=1\nDEST=TST_A\n{lines}\nDEST = TST_B \nASHOST=127.0.0.1\n"
    (tmp_path / "sapnwrfc.ini").write_text(ini)
    pyrfc.set_ini_file_directory(str(tmp_path))
    with pyrfc.Connection(dest="TST_A") as connection:
        assert connection.get_connection_attributes()["user"] == "DEMO"
    with pytest.raises(pyrfc.LogonError):
        pyrfc.Connection(dest="TST_A", passwd="wrong")
    with pytest.raises(pyrfc.ExternalRuntimeError, match="SYSNR"):
        pyrfc.Connection(dest="TST_B")
    with pytest.raises(pyrfc.ExternalRuntimeError, match="ASHOST"):
        pyrfc.Connection(dest="TST_C")
    (tmp_path / "sapnwrfc.ini").write_text(f"DEST=TST_B\n{lines}")
    pyrfc.set_ini_file_directory(str(tmp_path))  # the directory it has already is not read again
    with pytest.raises(pyrfc.ExternalRuntimeError, match="SYSNR"):
        pyrfc.Connection(dest="TST_B")
    pyrfc.reload_ini_file()
    for known in ("TST_A", "TST_B"):
        pyrfc.Connection(dest=known).close()


def test_a_crypto_library_is_fixed_by_its_first_path(tmp_path: Path) -> None:
    """The path stays for the process: in a child, so that other tests are not touched."""
    for name in ("a.so", "b.so"):
        (tmp_path / name).touch()
    script = (
        "import pyrfc\n"
        f"pyrfc.set_cryptolib_path({str(tmp_path / 'a.so')!r})\n"
        f"pyrfc.set_cryptolib_path({str(tmp_path / 'a.so')!r})\n"
        "try:\n"
        f"    pyrfc.set_cryptolib_path({str(tmp_path / 'b.so')!r})\n"
        "except pyrfc.ExternalRuntimeError as error:\n"
        "    print(error.key)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "RFC_ILLEGAL_STATE\n", done.stderr


# ---- the LUW ----


def test_commit_and_rollback_belong_to_their_session(server: ServerProcess) -> None:
    """Only the session that wrote can commit, and a rollback forgets."""
    with pyrfc.Connection(**server.parameters) as one, pyrfc.Connection(**server.parameters) as other:
        one.call("Z_WRITE", ENTRY="committed by its session")
        other.call("BAPI_TRANSACTION_COMMIT")
        assert "committed by its session" not in entries(other)
        one.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
        assert "committed by its session" in entries(other)
        one.call("Z_WRITE", ENTRY="rolled back")
        one.call("BAPI_TRANSACTION_ROLLBACK")
        one.call("BAPI_TRANSACTION_COMMIT")
        assert "rolled back" not in entries(other)


def test_an_application_exception_keeps_the_session(connection: pyrfc.Connection) -> None:
    """After an exception of the function module session and LUW live on."""
    connection.call("Z_WRITE", ENTRY="after exception")
    with pytest.raises(pyrfc.ABAPApplicationError) as caught:
        connection.call("Z_FAIL", KIND="exception")
    error = caught.value
    assert (error.code, error.key, error.message) == (5, "NOT_AVAILABLE", "ID:SV Type:E Number:029 T008X")
    assert (error.msg_class, error.msg_type, error.msg_number, error.msg_v1) == ("SR", "A", "006", "STRING")
    assert error.msg_v4 == "x" * 50
    connection.call("BAPI_TRANSACTION_COMMIT")
    assert "after exception" in entries(connection)


@pytest.mark.parametrize(
    ("kind", "code", "key"),
    [
        ("message", 4, "Function not supported"),
        ("abort", 4, "MESSAGE_TYPE_X"),
        ("dump", 3, "COMPUTE_INT_ZERODIVIDE"),
        ("authority", 3, "RFC_NO_AUTHORITY"),
    ],
)
def test_a_runtime_error_ends_the_session_unseen(connection: pyrfc.Connection, kind: str, code: int, key: str) -> None:
    """pyrfc opens a new session before it raises: it looks alive, and a commit then commits nothing."""
    connection.call("Z_WRITE", ENTRY=f"before {kind}")
    with pytest.raises(pyrfc.ABAPRuntimeError) as caught:
        connection.call("Z_FAIL", KIND=kind)
    assert (caught.value.code, caught.value.key) == (code, key)
    assert connection.alive
    connection.call("BAPI_TRANSACTION_COMMIT")
    assert f"before {kind}" not in entries(connection)


def test_an_external_failure_ends_the_session_too(connection: pyrfc.Connection) -> None:
    """Code 15 closes the connection whatever its group."""
    connection.call("Z_WRITE", ENTRY="before external")
    with pytest.raises(pyrfc.ExternalRuntimeError):
        connection.call("Z_FAIL", KIND="external")
    connection.call("BAPI_TRANSACTION_COMMIT")
    assert "before external" not in entries(connection)


def test_a_connection_lost_in_a_call(connection: pyrfc.Connection) -> None:
    """The end of the connection instead of an answer is a CommunicationError, and the LUW is gone."""
    connection.call("Z_WRITE", ENTRY="before loss")
    with pytest.raises(pyrfc.CommunicationError, match="CM_NO_DATA_RECEIVED") as caught:
        connection.call("Z_FAIL", KIND="drop")
    assert (caught.value.code, caught.value.key) == (1, "RFC_COMMUNICATION_FAILURE")
    assert connection.alive
    connection.call("BAPI_TRANSACTION_COMMIT")
    assert "before loss" not in entries(connection)


@pytest.mark.parametrize(("when", "found"), [("before", False), ("after", True)])
def test_a_lost_commit_answer_tells_nothing(own_server: ServerProcess, when: str, found: bool) -> None:
    """The same error comes whether the commit happened or not: only reading back can tell."""
    with pyrfc.Connection(**own_server.parameters) as connection:
        connection.call("Z_LOSE_COMMIT", WHEN=when)
        connection.call("Z_WRITE", ENTRY="in doubt")
        with pytest.raises(pyrfc.CommunicationError, match="CM_NO_DATA_RECEIVED"):
            connection.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
        assert ("in doubt" in entries(connection)) is found


def test_a_system_that_goes_away(own_server: ServerProcess) -> None:
    """If even the silent reconnect fails, its error is what is raised, and the connection is closed."""
    connection = pyrfc.Connection(**own_server.parameters)
    connection.call("RFC_PING")
    own_server.kill()
    assert connection.is_valid()  # nobody has told the client yet
    with pytest.raises(pyrfc.CommunicationError, match="not reached"):
        connection.call("RFC_PING")
    assert not connection.alive
    with pytest.raises(pyrfc.RFCError, match="connection is closed"):
        connection.call("RFC_PING")


def test_a_closed_connection(connection: pyrfc.Connection) -> None:
    """Closing twice is harmless; a closed connection is refused; it can be opened again."""
    connection.close()
    connection.close()
    assert not connection.alive
    with pytest.raises(pyrfc.ExternalRuntimeError) as caught:
        connection.ping()
    assert (caught.value.code, caught.value.key) == (13, "RFC_INVALID_HANDLE")
    connection.open()
    connection.ping()


# ---- cancelling ----


@pytest.mark.parametrize("how", ["timeout", "cancel"])
def test_a_cancelled_call(server: ServerProcess, connection: pyrfc.Connection, how: str) -> None:
    """A call cancelled by another thread ends at once with RFC_CANCELED, on a new session without the LUW."""
    call_id = uuid.uuid4().hex
    connection.call("Z_WRITE", ENTRY=f"before {how}")
    connection.get_function_description("Z_WAIT")
    thread = cancel_in_the_call(server, connection, call_id) if how == "cancel" else None
    options = {"timeout": 1} if how == "timeout" else {}
    started = time.monotonic()
    with pytest.raises(pyrfc.CommunicationError, match="Connection was canceled") as caught:
        connection.call("Z_WAIT", options, ID=call_id, MILLISECONDS=30_000)
    assert time.monotonic() - started < 20
    assert (caught.value.code, caught.value.key) == (7, "RFC_CANCELED")
    if thread:
        thread.join()
    assert connection.alive
    connection.call("BAPI_TRANSACTION_COMMIT")
    assert f"before {how}" not in entries(connection)


def test_a_timeout_that_is_not_reached(connection: pyrfc.Connection) -> None:
    """A call that ends in time is not touched."""
    assert connection.call("Z_WAIT", {"timeout": 30}, ID="x", MILLISECONDS=1) == {}


# ---- many at once ----


def test_a_connection_per_thread(server: ServerProcess) -> None:
    """Connections in different threads do not mix their answers."""
    problems: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with pyrfc.Connection(**server.parameters) as connection:
                for i in range(50):
                    text = f"thread {number} call {i} ü"
                    assert connection.call("STFC_CONNECTION", REQUTEXT=text)["ECHOTEXT"] == text
                    assert len(connection.call("Z_WIDE", ROWS=i)["T"]) == i
        except BaseException as problem:  # noqa: BLE001 - reported by the thread that may fail the test
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_descriptions_are_kept_per_repository(server: ServerProcess) -> None:
    """Two systems with other interfaces under the same name do not mix in one process."""
    for system in ("ONE", "TWO", "ONE"):
        with pyrfc.Connection(**server.parameters, repository=f"{system}/1") as connection:
            parameters = connection.get_function_description("Z_VARIES").parameters
            assert [parameter["name"] for parameter in parameters] == [system]


@pytest.mark.skipif("LD_PRELOAD" in os.environ, reason="AddressSanitizer keeps freed memory for a while")
def test_calls_leave_no_memory_behind(connection: pyrfc.Connection) -> None:
    """Thousands of nested calls, errors among them, do not grow the process."""
    lines = [{"POS": "1", "TEXT": "t", "NOTE": "n" * 200}] * 20
    record = {"ID": "1", "HEAD": {"RFCCHAR4": "x"}, "INNER": {"KEY": "K", "LINES": lines}, "TEXTS": [{"": "one"}]}

    def run(times: int) -> int:
        for _ in range(times):
            connection.call("Z_NESTED", IN=record, TAB=[record] * 2)
            with pytest.raises(pyrfc.ABAPApplicationError):
                connection.call("Z_FAIL", KIND="plain")
        pages = Path("/proc/self/statm").read_text().split()[1]
        return int(pages) * 4096

    before = run(300)
    assert run(1500) - before < 3_000_000
