"""What a caller of BAPI_ACC_DOCUMENT_POST wants to post, sorted for the checks and for the document."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from ..database import Row
from ..master_data import MasterData
from ..users import User

__all__ = ["Amount", "Detail", "Line", "Posting", "shortened"]

DOCUMENT_CURRENCY, LOCAL_CURRENCY = "00", "10"
_TABLES = {"ACCOUNTRECEIVABLE": "D", "ACCOUNTPAYABLE": "K", "ACCOUNTGL": "S", "ACCOUNTTAX": "T"}


@dataclass(frozen=True, slots=True)
class Amount:
    """A row of CURRENCYAMOUNT."""

    item: str
    currency_type: str
    currency: str
    amount: Decimal
    base: Decimal
    rate: Decimal
    row: int


@dataclass(frozen=True, slots=True)
class Line:
    """A row of one of the four item tables; kind T is tax, the others are account types."""

    kind: str
    parameter: str
    row: int
    values: Row

    @property
    def item(self) -> str:
        """Give the item number that joins the line to its amounts."""
        return str(self.values["ITEMNO_ACC"])

    def text(self, field_name: str) -> str:
        """Give a field."""
        return str(self.values.get(field_name) or "")


@dataclass(frozen=True, slots=True)
class Detail:
    """An error found by a check: a message, and where in the caller's data its cause is."""

    message_class: str
    number: str
    variables: tuple[str, ...] = ()
    parameter: str = ""
    row: int = 0
    field: str = ""


@dataclass(slots=True)
class Posting:
    """The caller's data, with what the checks have found."""

    client: str
    user: User
    master: MasterData
    header: Row
    one_time: Row
    lines: list[Line]
    amounts: list[Amount]
    details: list[Detail] = field(default_factory=list)
    _by_item: dict[tuple[str, str], Amount] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_item = {(a.item, a.currency_type): a for a in reversed(self.amounts)}

    @classmethod
    def read(
        cls, user: User, master: MasterData, structure: Callable[[str], Row], table: Callable[[str], list[Row]]
    ) -> "Posting":
        """Read the parameters of the BAPI."""
        lines = [
            Line(kind, parameter, number, values)
            for parameter, kind in _TABLES.items()
            for number, values in enumerate(table(parameter), 1)
        ]
        # A document's items are numbered in the caller's order, whatever table they come in.
        lines.sort(key=lambda line: line.item)
        amounts = [
            Amount(
                row["ITEMNO_ACC"],
                row["CURR_TYPE"] or DOCUMENT_CURRENCY,
                row["CURRENCY"] or row["CURRENCY_ISO"],
                Decimal(row["AMT_DOCCUR"]),
                Decimal(row["AMT_BASE"]),
                Decimal(row["EXCH_RATE"]),
                number,
            )
            for number, row in enumerate(table("CURRENCYAMOUNT"), 1)
        ]
        return cls(user.client, user, master, structure("DOCUMENTHEADER"), structure("CUSTOMERCPD"), lines, amounts)

    def fail(
        self, message_class: str, number: str, *variables: str, at: Line | None = None, field_name: str = ""
    ) -> None:
        """Note an error, with its place in the caller's data if it has one."""
        place = (
            (at.parameter, at.row, field_name)
            if at
            else ("DOCUMENTHEADER", 0, field_name)
            if field_name
            else ("", 0, "")
        )
        self.details.append(Detail(message_class, number, variables, *place))

    @property
    def company_code(self) -> str:
        """Give the company code."""
        return str(self.header["COMP_CODE"])

    @property
    def posting_date(self) -> str:
        """Give the posting date."""
        return str(self.header["PSTNG_DATE"])

    @property
    def document_type(self) -> str:
        """Give the document type."""
        return str(self.header["DOC_TYPE"])

    @property
    def organisation(self) -> Row:
        """Give the company code's row of T001; the header check has made sure that there is one."""
        row = self.master.find("T001", self.client, self.company_code)
        return {} if row is None else row

    @property
    def currency(self) -> str:
        """Give the document currency."""
        return next((a.currency for a in self.amounts if a.currency_type == DOCUMENT_CURRENCY), "")

    def amount(self, line: Line, currency_type: str = DOCUMENT_CURRENCY) -> Amount | None:
        """Give the amount of a line."""
        return self._by_item.get((line.item, currency_type))

    def of_kind(self, *kinds: str) -> list[Line]:
        """Give the lines of some kinds."""
        return [line for line in self.lines if line.kind in kinds]


def shortened(number: str) -> str:
    """Show a number without leading zeros, as messages do."""
    return number.lstrip("0") or number
