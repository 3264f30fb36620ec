"""The ECC simulator as users run it: its process, RFC through the real pyrfc, control, restarts and kills."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrfc
import pytest

from tests.support.ecc import EccProcess, a_document, an_ecc_process, codes, find, until
from tests.support.sdk import ROOT, sdk_home

CLIENT = """
import json, pyrfc, sys
connection = pyrfc.Connection(**json.loads(sys.argv[1]))
for function, parameters in json.loads(sys.argv[2]):
    connection.call(function, **parameters)
    print(function, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module", autouse=True)
def _sdk() -> None:
    os.environ["SAPNWRFC_HOME"] = str(sdk_home())  # for ever: pyrfc looks once per process


@pytest.fixture(scope="module")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EccProcess]:
    with an_ecc_process(tmp_path_factory.mktemp("ecc")) as process:
        yield process


@pytest.fixture
def ecc(_shared: EccProcess) -> Iterator[EccProcess]:
    yield _shared
    _shared.control("/faults", "DELETE")
    _shared.control("/update", "PUT", {"running": True, "delay": 0})
    _shared.control("/gateway", "PUT", {"open": True})


@pytest.fixture
def connection(ecc: EccProcess) -> Iterator[Any]:
    opened = pyrfc.Connection(**ecc.parameters)
    yield opened
    opened.close()


def posted(ecc: EccProcess, reference: str) -> int:
    """Count documents by reference, as the oracle does."""
    return int(ecc.control(f"/documents?reference={reference}")["total"])


def a_client(ecc: EccProcess, *calls: tuple[str, dict[str, Any]]) -> "subprocess.Popen[str]":
    """Start a process that makes these calls and then waits to be killed."""
    arguments = [json.dumps(ecc.parameters), json.dumps(calls, default=str)]
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def test_a_document_goes_through_the_real_binding(ecc: EccProcess, connection: Any) -> None:
    """Metadata, values with umlauts and decimals, echo, look-up, books."""
    answer = connection.call("BAPI_ACC_DOCUMENT_POST", **a_document("PYRFC-1"))
    assert codes(answer) == ["RW 605"]
    assert answer["ACCOUNTGL"][0]["ITEM_TEXT"] == "Größe Ω"
    assert find(connection, "PYRFC-1") == []
    assert connection.call("BAPI_TRANSACTION_COMMIT", WAIT="X")["RETURN"]["TYPE"] == ""

    assert find(connection, "PYRFC-1") == [[answer["OBJ_KEY"][:10], answer["OBJ_KEY"][14:]]]
    (document,) = ecc.control("/documents?reference=PYRFC-1")["documents"]
    assert [line["amount"] for line in document["lines"]] == ["119.00", "-100.00", "-19.00"]
    assert document["lines"][1]["text"] == "Größe Ω"


def test_the_binding_reads_the_interfaces(connection: Any) -> None:
    """Names, types and lengths of a structure arrive as on a real system."""
    description = connection.get_function_description("BAPI_ACC_DOCUMENT_POST")
    parameters = {p["name"]: p for p in description.parameters}
    fields = {f["name"]: f for f in parameters["CURRENCYAMOUNT"]["type_description"].fields}

    assert len(parameters) == 20
    assert parameters["ACCOUNTGL"]["type_description"].nuc_length == 918
    assert [fields["AMT_DOCCUR"][k] for k in ("field_type", "nuc_length", "decimals")] == ["RFCTYPE_BCD", 12, 4]


def test_errors_become_the_bindings_exceptions(ecc: EccProcess, connection: Any) -> None:
    """Logon, unknown module, application error, dump, unreachable gateway."""
    with pytest.raises(pyrfc.LogonError, match="Name or password is incorrect"):
        pyrfc.Connection(**{**ecc.parameters, "user": "MLC_RFC4", "passwd": "wrong"})
    with pytest.raises(pyrfc.ABAPApplicationError) as application:
        connection.call("RFC_READ_TABLE", QUERY_TABLE="T008X")
    assert application.value.message == "ID:SV Type:E Number:029 T008X"
    with pytest.raises(pyrfc.ABAPApplicationError, match="FU_NOT_FOUND"):
        connection.call("BAPI_NOWHERE")
    with pytest.raises(pyrfc.ABAPRuntimeError, match="DYNPRO_SEND_IN_BACKGROUND"):
        connection.call("BAPI_CUSTOMER_CREATE")
    ecc.control("/gateway", "PUT", {"open": False})
    with pytest.raises(pyrfc.CommunicationError, match="not reached"):
        pyrfc.Connection(**ecc.parameters)


def test_a_silent_reconnect_commits_nothing(ecc: EccProcess, connection: Any) -> None:
    """After a dump pyrfc has a new session: the commit succeeds, and nothing was posted."""
    ecc.control("/faults", "POST", {"point": "called", "function": "RFC_PING", "action": "dump"})
    connection.call("BAPI_ACC_DOCUMENT_POST", **a_document("RECONNECT"))
    with pytest.raises(pyrfc.ABAPRuntimeError):
        connection.call("RFC_PING")

    assert connection.alive
    assert connection.call("BAPI_TRANSACTION_COMMIT", WAIT="X")["RETURN"]["TYPE"] == ""
    assert posted(ecc, "RECONNECT") == 0


@pytest.mark.parametrize(("point", "documents"), [("called", 0), ("commit.requested", 1), ("executed", 1)])
def test_a_connection_lost_in_commit_leaves_it_in_doubt(
    ecc: EccProcess, connection: Any, point: str, documents: int
) -> None:
    """The client sees one and the same error, whether the document exists or not."""
    reference = f"DOUBT-{documents}-{point[:6]}".upper()
    script = {"point": point, "action": "drop", "reference": reference}
    connection.call("BAPI_ACC_DOCUMENT_POST", **a_document(reference))
    ecc.control("/faults", "POST", script)
    with pytest.raises(pyrfc.CommunicationError, match="CM_NO_DATA_RECEIVED"):
        connection.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    until(lambda: posted(ecc, reference) == documents)


def test_a_killed_client_frees_the_number_range(ecc: EccProcess) -> None:
    """SIGKILL between POST and COMMIT: the lock is free within a second, nothing was posted."""
    client = a_client(ecc, ("BAPI_ACC_DOCUMENT_POST", a_document("KILLED")))
    assert client.stdout is not None
    assert client.stdout.readline().strip() == "BAPI_ACC_DOCUMENT_POST"
    assert len(ecc.control("/number-ranges")["locked"]) == 1
    client.kill()

    until(lambda: not ecc.control("/number-ranges")["locked"], seconds=1)
    client.communicate()
    assert posted(ecc, "KILLED") == 0


def test_a_killed_client_has_committed(ecc: EccProcess) -> None:
    """SIGKILL while COMMIT is held in SAP: the commit is carried out all the same."""
    hold = ecc.control("/holds", "POST", {"point": "called", "function": "BAPI_TRANSACTION_COMMIT"})
    client = a_client(ecc, ("BAPI_ACC_DOCUMENT_POST", a_document("DEAD")), ("BAPI_TRANSACTION_COMMIT", {"WAIT": "X"}))
    assert ecc.control(f"/holds/{hold['id']}/wait")["in_time"]
    client.kill()
    client.communicate()
    assert posted(ecc, "DEAD") == 0
    ecc.control(f"/holds/{hold['id']}/release", "POST")

    until(lambda: posted(ecc, "DEAD") == 1)


def test_a_cancelled_call_rolls_back(ecc: EccProcess, connection: Any) -> None:
    """A timeout of the client ends its session in SAP; pyrfc goes on with another one."""
    connection.call("BAPI_ACC_DOCUMENT_POST", **a_document("CANCEL"))
    ecc.control("/faults", "POST", {"point": "called", "function": "RFC_PING", "seconds": 2})
    start = time.monotonic()
    with pytest.raises(pyrfc.CommunicationError):
        connection.call("RFC_PING", {"timeout": 1})

    assert time.monotonic() - start < 2
    assert connection.call("BAPI_TRANSACTION_COMMIT", WAIT="X")["RETURN"]["TYPE"] == ""
    assert posted(ecc, "CANCEL") == 0


def test_a_document_lives_through_the_real_binding(ecc: EccProcess, connection: Any) -> None:
    """Posted blocked, released on shipment with a text, reversed: each step by RFC, each seen in the books."""
    document = a_document("LIFE")
    document["ACCOUNTRECEIVABLE"][0]["DUNN_BLOCK"] = "B"
    key = connection.call("BAPI_ACC_DOCUMENT_POST", **document)["OBJ_KEY"]
    connection.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    number, year = key[:10], key[14:]
    item = {"I_BUKRS": "1000", "I_BELNR": number, "I_GJAHR": year, "I_BUZEI": "001"}
    wanted = [{"FDNAME": "MANSP", "OLDVAL": "B", "NEWVAL": ""}, {"FDNAME": "XREF3", "NEWVAL": "DHL 00340434"}]
    changed = connection.call("Z_MLC_DOCUMENT_CHANGE", **item, T_ACCCHG=wanted)
    connection.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    name = f"1000{number}{year}"
    line = {"TDOBJECT": "BELEG", "TDNAME": name, "TDID": "0001", "TDSPRAS": "E", "TDLINE": "sent"}
    connection.call("RFC_SAVE_TEXT", TEXT_LINES=[line])
    (customer, *_) = ecc.control(f"/documents/1000/{number}/{year}")["lines"]

    assert codes(changed) == ["ZMLC 000"]
    assert (customer["dunning_block"], customer["reference_keys"][2]) == ("", "DHL 00340434")
    assert ecc.control(f"/texts?name={name}")["texts"][0]["lines"][0]["text"] == "sent"

    reversal = {"OBJ_TYPE": "BKPFF", "OBJ_KEY_R": key, "COMP_CODE": "1000", "REASON_REV": "01"}
    answer = connection.call("BAPI_ACC_DOCUMENT_REV_POST", REVERSAL=reversal, BUS_ACT="RFBU")
    connection.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    assert codes(answer) == ["RW 605"]
    assert ecc.control(f"/documents/1000/{number}/{year}")["reversed_by"] == answer["OBJ_KEY"][:10]
    assert ecc.control("/sums?by=reference&standing=true&reference=LIFE")["sums"] == []


def test_a_killed_client_frees_its_document(ecc: EccProcess, connection: Any) -> None:
    """SIGKILL between reversal and COMMIT: another session can reverse at once."""
    key = connection.call("BAPI_ACC_DOCUMENT_POST", **a_document("FREED"))["OBJ_KEY"]
    connection.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    reversal = {"REVERSAL": {"OBJ_TYPE": "BKPFF", "OBJ_KEY_R": key, "REASON_REV": "01"}, "BUS_ACT": "RFBU"}
    client = a_client(ecc, ("BAPI_ACC_DOCUMENT_REV_POST", reversal))
    assert client.stdout is not None
    assert client.stdout.readline().strip() == "BAPI_ACC_DOCUMENT_REV_POST"
    assert codes(connection.call("BAPI_ACC_DOCUMENT_REV_POST", **reversal)) == ["RW 609", "F5 375"]
    client.kill()

    until(lambda: codes(connection.call("BAPI_ACC_DOCUMENT_REV_POST", **reversal)) == ["RW 605"], seconds=2)
    client.communicate()


def test_sessions_post_at_the_same_time(ecc: EccProcess) -> None:
    """Many posters, one number range: every document once, numbers without gaps."""
    before = ecc.control("/documents?user=THREADS")["total"]

    def work(name: int) -> None:
        own = pyrfc.Connection(**ecc.parameters)
        for n in range(10):
            assert codes(own.call("BAPI_ACC_DOCUMENT_POST", **a_document(f"T-{name}-{n}", USERNAME="THREADS"))) == [
                "RW 605"
            ]
            own.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
        own.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    documents = ecc.control("/documents?user=THREADS")["documents"]
    numbers = sorted(int(d["number"]) for d in documents)

    assert before == 0
    assert len({d["reference"] for d in documents}) == 40
    assert numbers == list(range(numbers[0], numbers[0] + 40))


def test_large_reads_arrive_whole(connection: Any) -> None:
    """A page of the bulk table, every row with its key."""
    fields = [{"FIELDNAME": "MATNR"}, {"FIELDNAME": "F38"}]
    options = [{"TEXT": "MATNR > '000000000000010000'"}]
    rows = connection.call("RFC_READ_TABLE", QUERY_TABLE="ZMLC_BULK", FIELDS=fields, OPTIONS=options, ROWCOUNT=20000)[
        "DATA"
    ]

    assert [int(row["WA"][:18]) for row in rows] == list(range(10001, 30001))


@pytest.mark.parametrize("point", ["called", "update.started", "update.visible", "executed"])
def test_a_killed_system_books_once_or_not_at_all(tmp_path: Path, point: str) -> None:
    """SIGKILL of the simulator inside a commit: after its restart the document is there once, or never was."""
    with an_ecc_process(tmp_path / "ecc") as ecc:
        hold = ecc.control(
            "/holds", "POST", {"point": point, "function": "" if point[0] == "u" else "BAPI_TRANSACTION_COMMIT"}
        )
        client = a_client(
            ecc, ("BAPI_ACC_DOCUMENT_POST", a_document("BOOM")), ("BAPI_TRANSACTION_COMMIT", {"WAIT": "X"})
        )
        assert ecc.control(f"/holds/{hold['id']}/wait")["in_time"]
        ecc.kill()
        client.communicate()
        ecc.start()

        until(lambda: not ecc.control("/update")["requests"])
        assert posted(ecc, "BOOM") == (0 if point == "called" else 1)
        again = pyrfc.Connection(**ecc.parameters)
        assert codes(again.call("BAPI_ACC_DOCUMENT_POST", **a_document("AFTER"))) == ["RW 605"]
        again.close()


def test_the_process_ends_cleanly(tmp_path: Path) -> None:
    """SIGTERM ends held sessions, waiting controls and open LUWs; the exit code is 0, the log is quiet."""
    with an_ecc_process(tmp_path / "ecc") as ecc:
        hold = ecc.control("/holds", "POST", {"point": "executed", "function": "BAPI_ACC_DOCUMENT_POST"})
        waiting = threading.Thread(
            target=lambda: ecc.control(f"/holds/{hold['id']}/wait?count=2&timeout=60"), daemon=True
        )
        waiting.start()
        client = a_client(ecc, ("BAPI_ACC_DOCUMENT_POST", a_document("END")))
        ecc.control(f"/holds/{hold['id']}/wait")

        assert ecc.stop() == 0
        client.kill()
        client.communicate()
        assert "Traceback" not in (tmp_path / "ecc" / "log.txt").read_text()
