"""A domain that fails too often is left alone for three minutes."""

from mlconnector_sandbox.store.blocklist import Blocklist

HOST = "relay.example"


def _note(blocklist: Blocklist, good: int, bad: int, now: float = 0.0, host: str = HOST) -> bool:
    blocked = [blocklist.note("client", host, "", now) for _ in range(good)]
    blocked += [blocklist.note("client", host, "status 500", now) for _ in range(bad)]
    return any(blocked)


def test_nothing_is_judged_below_a_hundred_requests() -> None:
    """Ninety-nine failures are not enough."""
    assert not _note(Blocklist(1.0), 0, 99)


def test_below_nine_tenths_is_blocked_for_three_minutes() -> None:
    """Eleven failures in a hundred are too many; the block ends."""
    blocklist = Blocklist(1.0)

    assert _note(blocklist, 89, 11)
    assert blocklist.blocks("client", HOST, 179.0)
    assert not blocklist.blocks("client", HOST, 180.0)
    assert [block.reasons for block in blocklist.blocked("client", 10.0)] == [{"status 500": 11}]


def test_nine_tenths_is_good_enough() -> None:
    """Ten failures in a hundred."""
    assert not _note(Blocklist(1.0), 90, 10)


def test_window_slides() -> None:
    """Failures of more than two minutes ago no longer count."""
    blocklist = Blocklist(1.0)
    _note(blocklist, 0, 60, now=0.0)

    assert not _note(blocklist, 95, 5, now=121.0)


def test_block_is_per_client_and_domain() -> None:
    """Others are not touched."""
    blocklist = Blocklist(1.0)
    _note(blocklist, 0, 100)

    assert not blocklist.blocks("client", "other.example", 1.0)
    assert not blocklist.blocks("another", HOST, 1.0)
    assert blocklist.blocked("another", 1.0) == []


def test_times_are_scaled() -> None:
    """With a factor of a hundredth the block lasts 1.8 seconds."""
    blocklist = Blocklist(0.01)
    _note(blocklist, 0, 100)

    assert blocklist.blocks("client", HOST, 1.79)
    assert not blocklist.blocks("client", HOST, 1.81)
