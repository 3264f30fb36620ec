"""Locks of documents."""

from mlconnector_sandbox.ecc.locks import Locks

KEY, OTHER = ("100", "1000", "1800000000", "2026"), ("100", "1000", "1800000001", "2026")


def test_a_lock_keeps_others_away_and_names_its_user() -> None:
    """The owner itself may take it again; another document is free."""
    locks = Locks()

    assert locks.take(KEY, "s1", "SMITH") == ""
    assert locks.take(KEY, "s1", "SMITH") == ""
    assert locks.take(KEY, "s2", "JONES") == "SMITH"
    assert locks.take(OTHER, "s2", "JONES") == ""


def test_a_lock_that_was_passed_on_outlives_its_first_owner() -> None:
    """COMMIT gives it to the update request, and the end of the session does not free it."""
    locks = Locks()
    locks.take(KEY, "s1", "SMITH")
    locks.pass_on("s1", "request")
    locks.release("s1")

    assert locks.take(KEY, "s2", "JONES") == "SMITH"
    locks.release("request")
    assert locks.take(KEY, "s2", "JONES") == ""


def test_nothing_is_locked_in_emptied_books() -> None:
    """A reset forgets all locks."""
    locks = Locks()
    locks.take(KEY, "s1", "SMITH")
    locks.clear()

    assert locks.take(KEY, "s2", "JONES") == ""
