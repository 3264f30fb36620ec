"""Whether two names are one person's."""

import pytest
from mlconnector_relay.trail.persons import same_person


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ann Lee", "ann  lee", True),
        ("Ann", "\uff21nn", True),
        ("Jos\u00e9", "Jose\u0301", True),
        ("Stra\u00dfe", "STRASSE", True),
        ("Ann", "Anna", False),
    ],
)
def test_spelling_alone_makes_no_second_person(one: str, other: str, same: bool) -> None:
    """Case, width, composition and blanks differ between keyboards, not between people."""
    assert same_person(one, other) is same
