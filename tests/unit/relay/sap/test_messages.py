"""What SAP's messages mean: described ones by their entry, unknown ones grouped, a tenant's own over the relay's."""

import re
from pathlib import Path

import pytest
from mlconnector_relay.sap.messages import (
    Meaning,
    MessageCatalogue,
    MessageEntry,
    MessagesInvalid,
    built_in,
    read_messages,
)
from mlconnector_shared.bapi import Message

CUSTOMER = Message("E", "F5", "102", "Customer 99000 is not defined in company code 1000", "99000", "1000")
GENERIC = Message("E", "RW", "609", "Error in document: BKPFF $ ECC100", "BKPFF", "$", "ECC100")
LOCKED = Message("E", "F5", "353", "Account 99000 1000 currently locked by user MILLER", "99000", "1000", "MILLER")
OWN = """
[[messages]]
codes = ["ZFI 007", "ZFI 008"]
cause = "credit_limit"
area = "master_data"
remedy = "Raise the credit limit of the customer, then release the orders."
variables = ["", "customer"]
"""


def errors_of(text: str) -> tuple[str, ...]:
    """Return the errors of a file of messages."""
    with pytest.raises(MessagesInvalid) as caught:
        read_messages(text, "acme.messages.toml")
    return caught.value.errors


def test_a_described_message_says_what_to_do_and_who() -> None:
    """SAP's own words first, then the remedy; the key tells which customer it is."""
    (meaning,) = built_in().causes([GENERIC, CUSTOMER])

    assert (meaning.key, meaning.owner) == ("sap:F5 102,customer=99000,company_code=1000", "finance")
    assert meaning.sentence.startswith(f"SAP said no: F5 102 {CUSTOMER.text}. Create the customer")


def test_the_same_cause_is_one_however_often_sap_repeats_it() -> None:
    """With and without the field it points at; warnings and successes are no causes."""
    again = Message("E", "F5", "102", CUSTOMER.text, "99000", "1000", parameter="ACCOUNTRECEIVABLE", row=1)
    other = Message("E", "F5", "102", CUSTOMER.text, "99001", "1000")
    warning = Message("W", "F5", "117", "Check whether document has already been entered")

    keys = [meaning.key for meaning in built_in().causes([GENERIC, CUSTOMER, again, warning, other])]
    assert keys == ["sap:F5 102,customer=99000,company_code=1000", "sap:F5 102,customer=99001,company_code=1000"]


def test_more_causes_than_a_person_reads_are_cut() -> None:
    """The first ones lead to the rest."""
    errors = [Message("E", "F5", "102", "no customer", str(number), "1000") for number in range(9)]
    assert len(built_in().causes(errors)) == 5


def test_an_unknown_message_is_grouped_by_class_and_number() -> None:
    """It names what a person can do about the catalogue."""
    first, second = (Message("E", "ZFI", "007", f"Limit of {name} exceeded", name) for name in ("a", "b"))
    (one,), (two,) = built_in().causes([first]), built_in().causes([second])

    assert one.key == two.key == "sap:ZFI 007"
    assert (one.entry, one.owner) == (None, "finance")
    assert "add it to the tenant's messages file" in one.sentence


def test_the_generic_message_counts_only_where_it_stands_alone() -> None:
    """RW 609 says no more than that there is an error."""
    assert [meaning.key for meaning in built_in().causes([GENERIC])] == ["sap:RW 609"]
    assert built_in().causes([]) == ()


def test_no_person_s_name_gets_into_a_key() -> None:
    """F5 353 names the user who holds the lock, in a variable that tells no causes apart."""
    (meaning,) = built_in().causes([LOCKED])
    assert meaning.key == "sap:F5 353,account=99000"


def test_a_tenant_s_own_entry_lies_over_the_relay_s() -> None:
    """Without a release; an empty name leaves a variable out."""
    catalogue = built_in().over(read_messages(OWN, "acme.messages.toml"))
    (meaning,) = catalogue.causes([Message("E", "ZFI", "008", "no", "1000", "4711")])

    assert (meaning.key, catalogue.own) == ("sap:ZFI 008,customer=4711", {"ZFI 007", "ZFI 008"})
    assert catalogue.entries["F5 102"] == built_in().entries["F5 102"]


def test_what_passes_by_itself_is_tried_as_often_as_its_entry_says() -> None:
    """Unless something beside it does not pass."""
    catalogue = built_in()

    assert catalogue.tries(catalogue.causes([LOCKED])) == 3
    assert catalogue.tries(catalogue.causes([LOCKED, CUSTOMER])) == 1
    assert catalogue.tries([Meaning("sap:X", "?", "finance", None)]) == 1
    assert catalogue.tries([]) == 1


def test_the_owner_follows_the_area_unless_named() -> None:
    """A lock is in the way of whoever can ask its holder."""
    entries = built_in().entries

    assert entries["RW 022"].next_step_by == "relay"
    assert entries["NR 751"].next_step_by == "basis"
    assert entries["F5 353"].next_step_by == "finance"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ("[[messages]\n", "acme.messages.toml: no TOML"),
        ("a = " + "9" * 5_000, "acme.messages.toml: no TOML"),
        ("a = " + "[" * 20_000, "acme.messages.toml: no TOML"),
        (OWN.replace("ZFI 007", "zfi 7"), "line 3, messages[0].codes[0]: String should match pattern"),
        (OWN.replace('area = "master_data"\n', ""), "line 2, messages[0].area: Field required"),
        (OWN.replace('"credit_limit"', '"Credit"'), "line 4, messages[0].cause: String should match pattern"),
        (OWN + 'then = "hope"\n', "line 8, messages[0].then: Input should be 'park' or 'retry', found 'hope'"),
        (OWN + 'colour = "red"\n', "line 8, messages[0].colour: Extra inputs are not permitted"),
        (OWN + OWN.replace("ZFI 007", "ZFI 009"), "messages[1].codes: ZFI 008 stands under messages[0] too"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_key(wrong: str, error: str) -> None:
    """And with what is expected."""
    (found,) = errors_of(wrong)
    assert found.startswith(error)


def test_all_errors_are_told_at_once() -> None:
    """One look at the file mends them all."""
    assert len(errors_of(OWN.replace("ZFI 007", "zfi").replace("master_data", "nowhere"))) == 2


def test_every_message_the_simulator_can_send_is_described_or_deliberately_not() -> None:
    """What ECC says in the sandbox has a meaning here, so that no demo shows an unknown message."""
    source = Path(__file__).parents[4] / "deploy/sandbox/src/mlconnector_sandbox/ecc/fi/messages.py"
    described = set(built_in().entries)
    sent = set(re.findall(r'"([A-Z0-9&]{2,4})",\s*"(\d{3})"', source.read_text("utf-8")))
    missing = {f"{class_} {number}" for class_, number in sent} - described
    successes = {"RW 605", "RW 609", "RW 614", "S& 101", "ZMLC 000", "ZMLC 001"}
    by_hand = {"00 055", "00 058", "F5 263", "F5 264", "F5 265", "F5 266"}
    assert missing == successes | by_hand


def test_a_catalogue_is_a_value() -> None:
    """Built without the file."""
    entry = MessageEntry(codes=("A1 001",), cause="some", area="defect", remedy="Report it to us.")
    assert MessageCatalogue({"A1 001": entry}).causes([Message("A", "A1", "001", "x")])[0].owner == "relay"
