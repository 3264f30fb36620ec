"""A sheet's rules take the place of a mapping file's; all else stays, and errors name the sheet's rows."""

import csv
import io
import tomllib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlconnector_relay.sap.mapping import MappingInvalid, load_mapping
from mlconnector_relay.sap.rule_merge import merged
from mlconnector_relay.sap.rule_sheet import Sheet, SheetInvalid, read_sheet, sheet_of

from tests.support.mappings import MAPPING
from tests.unit.relay.sap.test_mapping import EXAMPLE

TEXT = EXAMPLE.read_text("utf-8")
Change = Callable[[list[list[str]]], object]


def sheet(text: str = TEXT, change: Change = list) -> Sheet:
    """Return the sheet of a mapping file, changed."""
    rows = sheet_of(load_mapping(text, "acme.toml").file)
    change(rows)
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return read_sheet(written.getvalue(), "rules.csv")


def put(change: Change, text: str = TEXT) -> str:
    """Return a mapping file's text with its sheet changed."""
    new, mapping = merged(text, "acme.toml", sheet(text, change), "rules.csv")
    assert mapping == load_mapping(new, "acme.toml")
    return new


def errors_of(change: Change, text: str = MAPPING) -> tuple[str, ...]:
    with pytest.raises(SheetInvalid) as caught:
        merged(text, "acme.toml", sheet(text, change), "rules.csv")
    return caught.value.errors


def cell(rows: list[list[str]], row: int, name: str, value: str) -> None:
    rows[row - 1][rows[0].index(name)] = value


def test_an_unchanged_sheet_changes_no_letter() -> None:
    """Not one comment, not one blank."""
    assert put(list) == TEXT


def test_only_the_rule_that_changed_is_written_anew() -> None:
    """The others keep their form and comments, and so does everything else."""

    def change(rows: list[list[str]]) -> None:
        cell(rows, 3, "gl_account", "800001")
        cell(rows, 3, "internal_order", "77")

    new = put(change)
    old_rule = "[[accounts]]\ncategories = [21]                    # category ids; a category stands for all below it\n"
    assert old_rule in TEXT
    assert old_rule not in new
    assert 'categories = [21]\ngl_account = "800001"\ncost_center = "4100"\ninternal_order = "77"\n' in new
    assert tomllib.loads(new)["taxes"] == tomllib.loads(TEXT)["taxes"]
    lost = set(TEXT.splitlines()) - set(new.splitlines())
    assert lost == {"categories = [21]                    # category ids; a category stands for all below it"}
    assert "\n\n\n" not in new


def test_rules_are_added_removed_and_ordered() -> None:
    """Also when a section had none, or loses all."""

    def change(rows: list[list[str]]) -> None:
        del rows[2:7]
        rows.insert(1, ["accounts", "SALE-?"] + [""] * (len(rows[0]) - 2))
        cell(rows, 2, "gl_account", "800007")
        cell(rows, 2, "rate", "")

    new = tomllib.loads(put(change))
    assert [one["gl_account"] for one in new["accounts"]] == ["800007", "800900"]

    def without(rows: list[list[str]]) -> None:
        del rows[1:]

    bare = put(without)
    assert "accounts" not in tomllib.loads(bare)
    again, mapping = merged(bare, "acme.toml", sheet(), "rules.csv")
    assert mapping.file == load_mapping(TEXT, "acme.toml").file
    assert tomllib.loads(again)["tax_codes"] == tomllib.loads(TEXT)["tax_codes"]


def test_a_rate_is_written_as_it_is() -> None:
    """Whole or not."""

    def change(rows: list[list[str]]) -> None:
        cell(rows, 8, "rate", "7.50")
        cell(rows, 8, "tax_code", "A7")

    code = '[tax_codes.A7]\nrate = 7.5\ncondition_key = "MWAS"\naccount_key = "MWS"\n'
    text = TEXT.replace("[tax_codes.A1]", code + "[tax_codes.A1]")
    assert "rate = 7.50\n" in put(change, text)


def test_rules_that_do_not_fit_together_name_their_rows() -> None:
    """A tie, a code that is not there, regions without a country; and what the rest of the file lacks."""

    def change(rows: list[list[str]]) -> None:
        cell(rows, 4, "categories", "21")
        cell(rows, 5, "tax_code", "Z9")
        cell(rows, 2, "regions", "Bayern")

    assert errors_of(change) == (
        "row 2, column regions (K): expected countries beside regions",
        "row 5, column tax_code (Z): Z9 is not among [tax_codes]; add [tax_codes.Z9]",
        "row 4: ties with accounts[1] (row 3): same selectors, same priority; give one a priority",
    )


def test_a_mapping_file_that_is_not_valid_is_told_as_such() -> None:
    """Its own errors, not the sheet's."""
    with pytest.raises(MappingInvalid):
        merged(MAPPING.replace('name = "shop"', 'name = ""'), "acme.toml", sheet(), "rules.csv")


@given(st.permutations(range(6)), st.sets(st.integers(0, 5)))
@settings(max_examples=50, deadline=None)
def test_any_order_of_rules_survives(order: list[int], dropped: set[int]) -> None:
    """What is read from the new file is the sheet's rules, in the sheet's order."""
    kept = [place for place in order if place not in dropped]

    def change(rows: list[list[str]]) -> None:
        accounts = rows[1:7]
        rows[1:7] = [accounts[place] for place in kept]

    before = load_mapping(TEXT, "acme.toml").file
    after = load_mapping(put(change), "acme.toml").file
    assert after == before.model_copy(update={"accounts": tuple(before.accounts[place] for place in kept)})


def test_rules_written_inside_brackets_become_tables() -> None:
    """No other key of the file falls into them."""
    rule = '[[accounts]]\ngl_account = "800900"\ncost_center = "4100"\n\n'
    head, _, rest = MAPPING.partition(rule)
    text = 'accounts = [{ gl_account = "800900", cost_center = "4100" }]\n' + head
    text += "[tax_codes.A0]" + rest.partition("[tax_codes.A0]")[2]
    after = load_mapping(put(lambda rows: cell(rows, 2, "gl_account", "800901"), text), "acme.toml").file
    before = load_mapping(text, "acme.toml").file
    (only,) = before.accounts
    assert after == before.model_copy(update={"accounts": (only.model_copy(update={"gl_account": "800901"}),)})


APART = """
# --- shoes ---

# boots first
[[accounts]]
skus = ["BOOT-*"]   # all of them
gl_account = "800001"
cost_center = "4100"
# end of boots

# the rest of the company's page
[close]
"""


def test_rules_that_stand_apart_stay_apart() -> None:
    """With their comments and what stands between; one that changed keeps its place, a new one ends its kind."""
    hold = "[[close_calendar]]\nhold_from = 2026-12-01\nhold_until = 2026-12-03\n"
    apart = APART.replace("[close]\n", hold)
    last = '# sale, for now\n[[accounts]]\nskus = ["SALE-*"]\ngl_account = "800003"\ncost_center = "4100"\n'
    text = f"{MAPPING}{apart}\n{last}\n# nothing else\n"

    def change(rows: list[list[str]]) -> None:
        cell(rows, 5, "cost_center", "4200")
        rows.insert(6, ["accounts", *[""] * (len(rows[0]) - 1)])
        for name, value in (("skus", "HAT-*"), ("gl_account", "800002"), ("cost_center", "4100")):
            cell(rows, 7, name, value)

    boots = 'skus = ["BOOT-*"]   # all of them\ngl_account = "800001"\ncost_center = "4100"\n# end of boots\n'
    assert boots in text
    written = 'skus = ["BOOT-*"]\ngl_account = "800001"\ncost_center = "4200"\n'
    new = '\n[[accounts]]\nskus = ["HAT-*"]\ngl_account = "800002"\ncost_center = "4100"\n'
    assert put(change, text) == text.replace(boots, written).replace(last, last + new)

    def swap(rows: list[list[str]]) -> None:
        rows[4], rows[5] = rows[5], rows[4]

    swapped = put(swap, text)
    assert f"\n# --- shoes ---\n\n# boots first\n[[accounts]]\n{boots}" in swapped
    assert swapped.count(last) == 1
    assert swapped.index(last) < swapped.index("# --- shoes ---")

    def drop(rows: list[list[str]]) -> None:
        del rows[4]

    assert put(drop, text) == text.replace(f"# boots first\n[[accounts]]\n{boots}\n", "")


def test_rules_for_documents_are_written_with_all_they_say() -> None:
    """What is empty on purpose, document types by kind, and a tie with the rows of both."""
    rule = '[[documents]]\nchannels = [1] # the shop\npayment_terms = ""\ndocument_types = { invoice = "RV" }\n'
    text = f"{MAPPING}\n{rule}"
    head = ["documents"]

    def more(rows: list[list[str]]) -> None:
        rows.append(head + [""] * (len(rows[0]) - 1))
        for name, value in (("channels", "2"), ("payment_terms", '""'), ("document_types", "invoice RV | refund RG")):
            cell(rows, len(rows), name, value)

    new = put(more, text)
    assert rule in new
    written = 'channels = [2]\npayment_terms = ""\ndocument_types = {invoice = "RV", refund = "RG"}\n'
    assert f"[[documents]]\n{written}" in new

    def tie(rows: list[list[str]]) -> None:
        more(rows)
        cell(rows, len(rows), "channels", "1")

    assert errors_of(tie, text) == (
        "row 9: ties with documents[0] (row 8): same selectors, same priority; give one a priority",
    )
