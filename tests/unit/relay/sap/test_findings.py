"""A finding says where it stands in the file."""

from mlconnector_relay.sap.findings import Finding

from tests.support.mappings import MAPPING


def test_a_finding_has_line_and_key_or_neither() -> None:
    """What is missing in the file has no place there."""
    assert (
        Finding("sap", "error", ("accounts", 1, "gl_account"), "").place(MAPPING) == "line 24, accounts[1].gl_account"
    )
    assert Finding("sap", "error", ("nowhere",), "").place(MAPPING) == "nowhere"
    assert Finding("catalogue", "error", (), "").place(MAPPING) == ""
