"""Function modules that test a connection."""

from tests.support.rfc_wire import WireClient


def test_ping_answers(client: WireClient) -> None:
    """Both names answer nothing."""
    assert client.call("RFC_PING") == client.call("RFCPING") == {}


def test_stfc_connection_echoes(client: WireClient) -> None:
    """The text comes back, with a line about the system and the user."""
    answer = client.call("STFC_CONNECTION", REQUTEXT="Grüße 四周")

    assert answer["ECHOTEXT"] == "Grüße 四周"
    assert "Sysid: ECC" in answer["RESPTEXT"]
    assert answer["RESPTEXT"].endswith("100/MLC_RFC")


def test_system_info_names_the_system(client: WireClient) -> None:
    """SID and release are those of the fixture."""
    answer = client.call("RFC_SYSTEM_INFO")

    assert (answer["RFCSI_EXPORT"]["RFCSYSID"], answer["RFCSI_EXPORT"]["RFCSAPRL"]) == ("ECC", "731")
    assert answer["CURRENT_RESOURCES"] > 0
