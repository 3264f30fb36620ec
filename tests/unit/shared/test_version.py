"""Which version and features two sides speak; the two versions before the newest are supported."""

import pytest
from mlconnector_shared import version

ALL = version.FEATURES


@pytest.fixture
def grown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some years later: version 5, with 3 and 4 still spoken."""
    monkeypatch.setattr(version, "PROTOCOL_MIN", 3)
    monkeypatch.setattr(version, "PROTOCOL_MAX", 5)


@pytest.mark.usefixtures("grown")
@pytest.mark.parametrize(
    ("peer", "chosen"),
    [
        ((5, 5), 5),
        ((3, 5), 5),
        ((1, 4), 4),
        ((3, 3), 3),
        ((1, 3), 3),
        ((4, 9), 5),
        ((1, 2), None),
        ((6, 9), None),
        ((5, 3), None),
    ],
)
def test_the_highest_common_version_is_chosen(peer: tuple[int, int], chosen: int | None) -> None:
    """Down to two versions back; beyond that, and for nonsense, there is none."""
    agreed = version.agree(*peer, ALL)

    assert (agreed[0] if agreed else None) == chosen


def test_features_are_agreed_by_name() -> None:
    """What only one side knows is not used."""
    assert version.agree(1, 1, frozenset({"rows", "teleport"})) == (1, frozenset({"rows"}))
    assert version.agree(1, 1, frozenset()) == (1, frozenset())


def test_our_own_range_makes_sense() -> None:
    """At most the two versions before the newest, and never an empty range."""
    assert version.PROTOCOL_MAX - 2 <= version.PROTOCOL_MIN <= version.PROTOCOL_MAX
    assert f"mlconnector.v{version.PROTOCOL_MAX}" == version.SUBPROTOCOL
