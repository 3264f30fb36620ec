"""What the client's errors say, and what they must not."""

import pytest
from mlconnector_relay.bigcommerce.errors import StoreAnswerInvalid, StoreUnavailable, fit, misfit
from mlconnector_relay.bigcommerce.models import Category
from mlconnector_relay.bigcommerce.orders import Order
from pydantic import ValidationError


def misfit_of(kind: type[Category | Order], raw: object) -> str:
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(raw)
    return misfit(caught.value)


def test_a_misfit_names_fields_and_never_their_values() -> None:
    """It ends up in logs and in an order's reason; values may be names and addresses."""
    said = misfit_of(Category, {"category_id": ["Erika Mustermann"]})

    assert "category_id" in said
    assert "Erika" not in said


def test_an_answer_that_does_not_fit_is_told_with_its_request() -> None:
    """What it should have been, where it came from and what is the matter; one that fits is read."""
    assert fit(Category, {"category_id": 7}, "/v3/catalog/trees/categories").id == 7
    with pytest.raises(StoreAnswerInvalid, match=r"^GET /v3/x: not a Category: category_id: "):
        fit(Category, {"category_id": "Erika"}, "/v3/x")


def test_many_misfits_are_counted() -> None:
    """A page of errors helps nobody."""
    said = misfit_of(Order, {"consignments": {"shipping": ["x"] * 50}})

    assert len(said) < 330


def test_an_error_names_request_and_patience() -> None:
    """What, where, and whether the store asked for a pause."""
    error = StoreUnavailable("GET", "/v2/store", "HTTP 503", 503, 2.5)

    assert (str(error), error.status, error.retry_after, error.retryable) == (
        "GET /v2/store: HTTP 503",
        503,
        2.5,
        True,
    )
