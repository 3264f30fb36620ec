"""What never reaches a log."""

from types import MappingProxyType
from typing import Any

import pytest
from mlconnector_shared.redact import REDACTED, redact


@pytest.mark.parametrize(
    "key", ["password", "PASSWORD", "Authorization", "X-Auth-Token", "client_secret", "email", "street_1", "POSTL_CODE"]
)
def test_values_of_secret_and_personal_keys_are_hidden(key: str) -> None:
    """Whatever the value is, and however the key is spelled."""
    for value in ("s3cret", 7, None, ["a"], {"b": "c"}):
        assert redact({key: value}) == {key: REDACTED}


def test_other_values_stay() -> None:
    """A log without its facts helps nobody."""
    fields = {"event": "order.posted", "order": 1001, "company_code": "1000", "amount": "119.00"}

    assert redact(fields) == fields


@pytest.mark.parametrize("wrap", [dict, MappingProxyType])
def test_nothing_hides_in_the_depth(wrap: Any) -> None:
    """Maps in lists in tuples, whatever kind of map, also with keys that are no text."""
    fields = {"request": wrap({"headers": [wrap({"authorization": "Bearer x"})], 7: ({"email": "a@b.example"},)})}

    assert redact(fields) == {"request": {"headers": [{"authorization": REDACTED}], 7: [{"email": REDACTED}]}}


def test_the_original_is_not_touched() -> None:
    """Redacting is for the log only."""
    fields = {"customer": {"email": "a@b.example"}}

    redact(fields)

    assert fields == {"customer": {"email": "a@b.example"}}
