"""How often an agent may have something kept for good."""

from mlconnector_relay.tunnel.pace import Pace


def test_what_is_beyond_the_pace_waits_for_time_to_pass() -> None:
    """Counted over a stretch that moves on, and for each agent alone."""
    pace = Pace(2, 60.0)

    assert [pace.admits("a", now) for now in (0, 1, 2)] == [True, True, False]
    assert pace.admits("b", 2)
    assert [pace.admits("a", now) for now in (59.9, 60, 60.5, 61)] == [False, True, False, True]


def test_whoever_stays_at_the_limit_is_told_of_once() -> None:
    """Told again only after it was well within: else each one admitted and each one refused would be news."""
    pace = Pace(4, 60.0)

    def turns(*moments: float) -> list[bool]:
        return [pace.turned("a", pace.admits("a", now)) for now in moments]

    assert turns(0, 15, 30, 45, 46, 47) == [True, False, False, False, True, False]
    assert turns(60, 61, 75, 76, 90, 91) == [False] * 6
    assert turns(200, 201, 202, 203, 204) == [True, False, False, False, True]
