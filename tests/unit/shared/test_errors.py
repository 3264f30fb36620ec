"""Every error says whether trying again can help, and belongs to one tree."""

import pytest
from mlconnector_shared import errors
from mlconnector_shared.errors import ChainBroken, ConnectorError, RemoteProtocolError

CLASSES = [kind for name in errors.__all__ if isinstance(kind := getattr(errors, name), type)]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_descends_from_the_root(kind: type[ConnectorError]) -> None:
    """One except clause catches them all, and none repeats by default."""
    assert issubclass(kind, ConnectorError)
    assert kind.retryable is (kind is RemoteProtocolError)
    assert kind.__name__ in (errors.__doc__ or "")


def test_a_broken_chain_names_its_record() -> None:
    """The auditor is told where to look."""
    error = ChainBroken(17, "the commitment differs")

    assert error.sequence == 17
    assert str(error) == "audit chain breaks at record 17: the commitment differs"
