"""What document building hands on: a finished call, or why there is none."""

from dataclasses import dataclass
from decimal import Decimal

from mlconnector_shared.bapi import BapiCall

from .frozen import Frozen

__all__ = ["Built", "DocumentLine", "Gap", "Refusal"]


@dataclass(frozen=True, slots=True)
class Gap:
    """A mapping that is missing.

    Attributes:
        key: stable; what orders that wait for it stand together by.
        sentence: what is missing and what to add where, for a person.
        question: the key with every fact a rule could select on; `Mapping.cures` is asked with it.
    """

    key: str
    sentence: str
    question: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an order cannot be posted as it is.

    Attributes:
        rule: stable; `refused:...` when its figures do not fit, `decision:...` when a person must decide.
        sentence: the rule with its arithmetic, for a person.
    """

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line of a document as people read it.

    Attributes:
        item: its number in the document.
        role: `customer`, `product`, `gift_certificate`, `freight`, `handling`, `wrapping`, `fee`, `discount`,
            `rounding`, `gift_certificate_used`, `store_credit_used` or `tax`.
        account: G/L account or customer, as the mapping spells it.
        amount: debit positive, credit negative.
        base: of a tax line, the sum of the lines it taxes; else `None`.
        text: what it is for.
    """

    item: int
    role: str
    account: str
    cost_center: str
    tax_code: str
    amount: Decimal
    base: Decimal | None
    text: str


@dataclass(frozen=True, slots=True)
class Built:
    """A document ready to post.

    Attributes:
        call: BAPI_ACC_DOCUMENT_POST with all its parameters; USERNAME is the agent's to fill.
        reference: its REF_DOC_NO.
        gross: the sum of the customer's lines.
        lines: the document as people read it; sums to zero.
        decisions: every choice that was made, in order, as sentences.
        reading: how the store's totals were read, such as `gross discounts, fees on top`.
        facts: what it is made of, kept with the posting for ever.
        following: the calls of its further parts, where it is too long to be one, as they would be now.
    """

    call: BapiCall
    reference: str
    company_code: str
    document_type: str
    currency: str
    gross: Decimal
    lines: tuple[DocumentLine, ...]
    decisions: tuple[str, ...]
    reading: str
    facts: Frozen
    following: tuple[BapiCall, ...] = ()
