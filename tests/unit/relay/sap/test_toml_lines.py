"""A key of a TOML text is found by line, so that an error can say where it is."""

import pytest
from mlconnector_relay.sap.toml_lines import Location, line_of, spell_path

TEXT = """\
name = "x"

[[accounts]]
gl_account = "1"

[[accounts]]
gl_account = "2"
categories = [1]

[status]
post = [11]

[tax_codes.A1]
rate = 19

[[company_codes]]
company_code = "1000"
"""


@pytest.mark.parametrize(
    ("loc", "line"),
    [
        (("name",), 1),
        (("accounts", 0, "gl_account"), 4),
        (("accounts", 1, "gl_account"), 7),
        (("accounts", 1, "categories", 0), 8),
        (("accounts", 1, "cost_center"), 6),
        (("accounts", 9, "cost_center"), 6),
        (("status", "post"), 11),
        (("status", "never"), 10),
        (("tax_codes", "A1", "rate"), 14),
        (("tax_codes", "A1", "account_key"), 13),
        (("company_codes", 0, "freight", "gl_account"), 16),
        (("currency_decimals",), None),
        ((), None),
    ],
)
def test_a_key_is_found_by_line(loc: Location, line: int | None) -> None:
    """The key's own line, else that of its table, else none."""
    assert line_of(TEXT, loc) == line


def test_locations_are_spelled_as_people_do() -> None:
    """Dots and brackets."""
    assert spell_path(("accounts", 3, "gl_account")) == "accounts[3].gl_account"
    assert spell_path(()) == "file"
