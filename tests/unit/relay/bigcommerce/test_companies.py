"""What the B2B Edition says of an order, and what its silence means."""

from typing import Any

import pytest
from mlconnector_relay.bigcommerce.companies import COMPANY_SECONDS, Companies
from mlconnector_relay.bigcommerce.errors import StoreAnswerInvalid, StoreNotFound, StoreUnauthorized

from tests.support.hasty import HastyRuntime

ORDER = {"bcOrderId": 7, "companyId": 500, "poNumber": "PO-77", "isInvoiceOrder": 0, "invoiceNumber": None}
PRIVATE = {**ORDER, "companyId": 0, "poNumber": None}
COMPANY = {"companyId": 500, "extraFields": [{"fieldName": "SAP debtor", "fieldValue": 4711}, {"fieldValue": "x"}]}
TERMS = {"isEnabled": True, "paymentTerms": 30}


class Edition:
    """Answers by path, below its root; what is not there is not found."""

    is_used_up = False

    def __init__(self, **answers: Any) -> None:
        self.answers = {path.replace("__", "/").replace("_", "-"): data for path, data in answers.items()}
        self.asked: list[str] = []

    async def get(self, path: str, _params: Any = None, observe: Any = None) -> Any:
        del observe
        short = path.removeprefix("/api/v3/io/")
        self.asked.append(short)
        if short not in self.answers:
            raise StoreNotFound("GET", path, "HTTP 404", 404)
        if isinstance(self.answers[short], Exception):
            raise self.answers[short]
        return {"code": 200, "data": self.answers[short], "meta": {"message": "SUCCESS"}}


def companies(edition: Edition, runtime: HastyRuntime | None = None) -> Companies:
    client: Any = edition
    return Companies(client, runtime or HastyRuntime())


async def test_a_companys_order_has_its_number_terms_and_fields() -> None:
    """The company itself is asked for once in a while only; a field without name is none."""
    edition = Edition(orders__7=[ORDER], companies__500=COMPANY, companies__500__payment_terms=TERMS)
    runtime = HastyRuntime()
    asked = companies(edition, runtime)
    assert not asked.is_used_up
    for _ in range(2):
        found = await asked.of_order(7, 2)
    assert (found.standing, found.company_id, found.po_number, found.days) == ("company", 500, "PO-77", 30)
    assert found.fields == {"SAP debtor": "4711"}
    assert edition.asked == ["orders/7", "companies/500", "companies/500/payment-terms", "orders/7"]

    await runtime.sleep(COMPANY_SECONDS)
    await asked.of_order(7, 2)
    assert edition.asked[-3:] == ["orders/7", "companies/500", "companies/500/payment-terms"]


async def test_a_company_that_is_gone_is_still_whose_order_it_is() -> None:
    """What it is not there to tell is unknown."""
    found = await companies(Edition(orders__7=[ORDER])).of_order(7, 2)

    assert (found.standing, found.company_id, found.days, found.fields) == ("company", 500, None, {})


@pytest.mark.parametrize("shown", [{}, {"orders__7": [PRIVATE]}, {"orders__7": []}])
async def test_an_order_without_company_is_awaited_while_its_customer_is_a_companys_user(shown: Any) -> None:
    """Whether it is not shown at all, or shown without company; anybody else's is private."""
    user = {"users__customer__2": {"companyId": 500, "customerId": 2, "email": "a@example.org"}}
    assert (await companies(Edition(**shown, **user)).of_order(7, 2)).standing == "awaited"
    assert (await companies(Edition(**shown)).of_order(7, 2)).standing == "private"
    nobody = {"users__customer__2": {"companyId": None}}
    assert (await companies(Edition(**shown, **nobody)).of_order(7, 2)).standing == "private"


async def test_an_order_that_pays_an_invoice_is_no_sale() -> None:
    """Whatever else is said of it."""
    paid = {**ORDER, "isInvoiceOrder": 1, "invoiceNumber": 4712}
    found = await companies(Edition(orders__7=[paid])).of_order(7, 2)

    assert (found.standing, found.invoice_number, found.company_id) == ("invoice_payment", "4712", 500)
    assert (found.days, found.fields) == (None, {})
    nobody = {**paid, "companyId": None}
    assert (await companies(Edition(orders__7=[nobody])).of_order(7, 2)).company_id == 0


async def test_what_cannot_be_read_or_asked_is_told() -> None:
    """A document of another shape, and a token that is not accepted."""
    with pytest.raises(StoreAnswerInvalid, match="not a Order: companyId"):
        await companies(Edition(orders__7=[{"companyId": "many"}])).of_order(7, 2)
    refused = StoreUnauthorized("GET", "/api/v3/io/orders", "HTTP 403", 403)
    with pytest.raises(StoreUnauthorized):
        await companies(Edition(orders=refused)).check()


@pytest.mark.parametrize(
    ("path", "answer", "about"),
    [
        ("orders__7", [ORDER | {"bcOrderId": 8}], 8),
        ("companies__500", COMPANY | {"companyId": 501}, 501),
        ("companies__500__payment_terms", TERMS | {"companyId": 501}, 501),
        ("users__customer__2", {"companyId": 500, "customerId": 3}, 3),
    ],
)
async def test_what_is_about_somebody_else_is_not_believed(path: str, answer: Any, about: int) -> None:
    """Another order's company would owe this one, on another's terms."""
    known: dict[str, Any] = {"orders__7": [ORDER], "companies__500": COMPANY, "companies__500__payment_terms": TERMS}
    if path.startswith("users"):
        known = {}
    with pytest.raises(StoreAnswerInvalid, match=f"the answer is about {about}$"):
        await companies(Edition(**known | {path: answer})).of_order(7, 2)


@pytest.mark.parametrize(
    "answer",
    [
        "PO-77",
        [["PO-77"]],
        [ORDER | {"companyId": 2**63}],
        [ORDER | {"poNumber": {"a": 1}}],
        [ORDER | {"isInvoiceOrder": "maybe"}],
    ],
)
async def test_an_answer_of_other_types_is_told(answer: Any) -> None:
    """Never a defect, never a guess."""
    with pytest.raises(StoreAnswerInvalid, match="not a Order"):
        await companies(Edition(orders__7=answer)).of_order(7, 2)


async def test_companies_that_are_not_this_stores_have_no_debtor() -> None:
    """An id of another store's is not found with our token: the order parks for want of a debtor."""
    found = await companies(Edition(orders__7=[ORDER | {"companyId": -9}])).of_order(7, 2)
    assert (found.standing, found.company_id, found.fields) == ("company", -9, {})
