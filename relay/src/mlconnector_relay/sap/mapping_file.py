"""What a mapping file holds: company codes, account rules, tax codes and what is not to be posted."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field

from .company_rules import Companies
from .forms import CustomerText, HeaderText, ItemText, ShipmentText
from .jurisdiction import Jurisdiction, JurisdictionCode
from .reference import Kind
from .section import Account, Country, Key4, ProductType, Section, TaxCode
from .tax_rules import TaxCodeFacts, TaxRule, VatIds
from .trigger import Trigger

__all__ = [
    "DOCUMENT_RESULTS",
    "FIELD_LENGTHS",
    "AccountRule",
    "AccountTarget",
    "Cancellations",
    "ChangedField",
    "Clearing",
    "CompanyCode",
    "Decisions",
    "DocumentRule",
    "Hold",
    "MappingFile",
    "Marketplaces",
    "Payments",
    "Refunds",
    "Shipments",
    "Skips",
    "Statuses",
    "targets_of",
]

MARKETPLACES: Final = (
    "amazon",
    "ebay",
    "facebookcheckout",
    "facebookmarketplace",
    "facebookshop",
    "pinterest",
    "socialshop",
)
"""Order sources where somebody else may sell, collect or owe the tax."""

DOCUMENT_TYPES: Final[dict[Kind, str]] = {
    Kind.INVOICE: "DR",
    Kind.REFUND: "DG",
    Kind.SUPPLEMENT: "DR",
    Kind.REVERSAL: "DG",
    Kind.REPOST: "DR",
    Kind.PAYMENT: "DZ",
    Kind.SHIPMENT: "SA",
    Kind.COMPLETION: "SA",
}
"""Document types of SAP as it is delivered, where a company code names no others."""

ChangedField = Literal["ZUONR", "SGTXT", "XREF1", "XREF2", "XREF3"]

FIELD_LENGTHS: Final[dict[ChangedField, int]] = {"ZUONR": 18, "SGTXT": 50, "XREF1": 12, "XREF2": 12, "XREF3": 20}
"""Fields of a posted customer's line that may tell of a shipment, with their lengths in SAP."""

DocumentType = Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]
ReversalReason = Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]
CostObject = Annotated[str, Field(pattern=r"^[A-Z0-9 ._/-]{0,10}$")]
InternalOrder = Annotated[str, Field(pattern=r"^[A-Z0-9]{0,12}$")]
WbsElement = Annotated[str, Field(pattern=r"^[A-Z0-9./_-]{0,24}$")]
Sku = Annotated[str, Field(pattern=r"^[^\[\]]{1,100}$")]
PaymentTerms = Annotated[str, Field(pattern=r"^[A-Z0-9]{0,4}$")]
DunningArea = Annotated[str, Field(pattern=r"^[A-Z0-9]{0,2}$")]
PaymentBlock = Annotated[str, Field(pattern=r"^[A-Z0-9*]?$")]
DunningBlock = Annotated[str, Field(pattern=r"^[A-Z0-9]?$")]


class AccountTarget(Section):
    """Where an amount goes."""

    gl_account: Account
    cost_center: CostObject = Field(description='"" only for accounts that need no CO object')
    profit_center: CostObject = ""
    internal_order: InternalOrder = ""
    wbs_element: WbsElement = Field("", description="as transactions show it; not beside an internal order")


class CompanyCode(Section):
    """A company code: which orders it posts, and how its documents look."""

    company_code: Key4 = Field(description="SAP's key of it (BUKRS)")
    stores: tuple[str, ...] = Field((), description="store hashes; every store of the tenant where left out")
    channels: tuple[int, ...] = Field((), description="channel ids; every one where left out")
    currencies: tuple[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], ...] = Field(
        (), description="currencies of the orders; every one where left out"
    )
    priority: int = Field(0, description="where several company codes fit equally well, the highest posts")
    timezone: str = Field("", description="of its books; the store's where left out")
    language: Country = Field("EN", description="of the customer's address in SAP")
    one_time_customer: Account = Field(description="owes the orders, posted with their billing address")
    customer: Account | None = Field(None, description="a debtor of one's own instead, posted without an address")
    payment_terms: PaymentTerms = Field("", description="of the customer's line; as SAP has them where left out")
    dunning_area: DunningArea = Field("", description="of the customer's line; none where left out")
    payment_block: PaymentBlock | None = Field(None, description="as [shipments] says where left out")
    dunning_block: DunningBlock | None = Field(None, description="likewise")
    header_text: HeaderText = Field("{store} order {order}", description="HEADER_TXT; 25 characters are kept")
    customer_text: CustomerText = Field("Web order {order}", description="of the customer's line; 50 are kept")
    item_text: ItemText = Field("{sku}", description="of a product's line, after its quantity; 50 are kept with it")
    document_types: dict[Kind, DocumentType] = Field(default_factory=lambda: {Kind.INVOICE: "DR"})
    sum_lines: bool = Field(default=False, description="lines are summed per account, cost center and tax code")
    revenue: Literal["direct", "deferred"] = Field("direct", description="deferred: until its goods have left")
    discounts: Literal["netted", "own_account"] = Field("netted", description="taken off the lines, or posted apart")
    tenders: Literal["net", "own_document"] = Field(
        "net", description="gift certificates and store credit used: in the invoice, or a document of their own"
    )
    on_cancel: Literal["credit_memo", "reversal"] = Field(
        "credit_memo", description="how a cancelled order is taken back; reversal: where SAP still permits one"
    )
    reversal_reason_same_period: ReversalReason = Field("01", description="of a reversal in the invoice's month")
    reversal_reason_other_period: ReversalReason | None = Field(
        None, description="of one in a later month, which must permit another date; a credit memo where left out"
    )
    on_edit: Literal["propose", "supplement", "reverse_and_repost"] = Field(
        "propose", description="of an order edited after posting: a person decides, or what is posted by itself"
    )
    order_level_refund: Literal["park", "goodwill", "price_reduction"] = Field(
        "park", description="refunds of the order as a whole: a person decides, without tax, or with its tax carved out"
    )
    credit_memo_rate: Literal["refund_date", "original"] = Field(
        "refund_date", description="the day whose exchange rate credit memos have: their own, or the invoice's"
    )
    restock: Literal["unshipped_first", "by_reason"] = Field(
        "unshipped_first", description="which refunded goods come back: those not shipped, or by `restock_reasons`"
    )
    restock_reasons: tuple[str, ...] = Field((), description="reasons of refunds whose goods come back, in any case")
    posting_date: Literal["trigger", "order"] = Field(
        "trigger", description="of invoices: the payment's day where it is known, or the order's"
    )
    closed_period: Literal["park", "next_open"] = Field(
        "park", description="what lies in a closed period waits, or is posted on the first day of the next open one"
    )
    tax_reporting_date: bool = Field(
        default=False, description="SAP keeps a tax reporting date for it (T001-XVATDATE): send the fact's day"
    )
    rounding_limit: Decimal = Field(
        Decimal(0), ge=0, description="how far the store's own totals may contradict each other; posted to `rounding`"
    )
    freight: AccountTarget | None = None
    handling: AccountTarget | None = None
    wrapping: AccountTarget | None = None
    fee: AccountTarget | None = None
    gift_certificate: AccountTarget | None = None
    store_credit: AccountTarget | None = None
    goodwill: AccountTarget | None = None
    refund_remainder: AccountTarget | None = None
    restocked: AccountTarget | None = None
    not_restocked: AccountTarget | None = None
    deferred_revenue: AccountTarget | None = None
    discount: AccountTarget | None = None
    rounding: AccountTarget | None = None

    def document_type(self, kind: Kind) -> str:
        """Return the document type of a kind of posting."""
        return self.document_types.get(kind, DOCUMENT_TYPES[kind])


class AccountRule(AccountTarget):
    """Accounts for product lines; a rule without selectors is the default."""

    categories: tuple[int, ...] = Field((), description="category ids; a category stands for all below it too")
    segments: tuple[str, ...] = Field((), description="customer segment ids")
    customer_groups: tuple[int, ...] = ()
    skus: tuple[Sku, ...] = Field((), description="* and ? stand for any letters and any one, in any case")
    brands: tuple[int, ...] = Field((), description="brand ids")
    product_types: tuple[ProductType, ...] = Field((), description="custom: a line without a product")
    channels: tuple[int, ...] = Field((), description="channel ids")
    countries: tuple[Country, ...] = Field(
        (), description="where the line goes; the billing country of what is not sent"
    )
    regions: tuple[str, ...] = Field((), description="states as the store writes them, in any case")
    payment_methods: tuple[str, ...] = Field((), description="as the store names them, in any case")
    shipping_methods: tuple[str, ...] = Field((), description="as the store names them, in any case")
    company_codes: tuple[Key4, ...] = ()
    priority: int = 0


class DocumentRule(Section):
    """What documents of some orders have; what is left out is as the company code says."""

    companies: tuple[int, ...] = Field((), description="company ids of the B2B Edition")
    segments: tuple[str, ...] = Field((), description="customer segment ids")
    customer_groups: tuple[int, ...] = ()
    channels: tuple[int, ...] = Field((), description="channel ids")
    order_sources: tuple[str, ...] = Field((), description="as the store names them, such as amazon, in any case")
    countries: tuple[Country, ...] = Field((), description="of the billing address")
    regions: tuple[str, ...] = Field((), description="states as the store writes them, in any case")
    payment_methods: tuple[str, ...] = Field((), description="as the store names them, in any case")
    company_codes: tuple[Key4, ...] = ()
    priority: int = 0
    customer: Account | None = Field(None, description="the debtor, posted without an address")
    one_time_customer: Account | None = Field(None, description="the debtor, posted with the order's billing address")
    payment_terms: PaymentTerms | None = None
    payment_block: PaymentBlock | None = None
    dunning_block: DunningBlock | None = None
    dunning_area: DunningArea | None = None
    document_types: dict[Kind, DocumentType] = Field(default_factory=dict)
    header_text: HeaderText | None = None
    customer_text: CustomerText | None = None
    item_text: ItemText | None = None

    @property
    def names_debtor(self) -> bool:
        """Tell whether it says who owes the order."""
        return bool(self.customer or self.one_time_customer)

    def over(self, company: CompanyCode) -> CompanyCode:
        """Return a company code with what this rule says."""
        said = {name: getattr(self, name) for name in DOCUMENT_RESULTS if getattr(self, name) is not None}
        if self.one_time_customer:
            said["customer"] = None
        return company.model_copy(update=said | {"document_types": company.document_types | self.document_types})


DOCUMENT_RESULTS: Final = tuple(
    name
    for name in DocumentRule.model_fields
    if name in CompanyCode.model_fields and name not in {"channels", "priority"}
)
"""What a rule for documents may say of its own, named as the company code names it."""


class Statuses(Section):
    """Which statuses post; those in neither list wait."""

    post: tuple[int, ...] = (11, 9, 8, 3, 10, 2)
    never: tuple[int, ...] = (0,)


class Skips(Section):
    """Orders that are not ours to post."""

    external_sources: tuple[str, ...] = Field(("M-MIG",), description="where imported orders come from")
    payment_methods: tuple[str, ...] = Field(
        ("Test Payment Gateway",), description="means of payment that move no money, as the store names them"
    )
    test_transactions: bool = Field(default=True, description="orders paid only in a gateway's test mode are skipped")


class Marketplaces(Section):
    """Order sources whose debtor and tax treatment nobody has decided yet."""

    park: tuple[str, ...] = Field(
        MARKETPLACES, description="sources of orders that wait for a rule which names their debtor"
    )


class Refunds(Section):
    """How refunds are judged."""

    alert_hours: int = Field(24, gt=0, description="after so long without a settled or declined payment a person looks")


class Cancellations(Section):
    """How much may be taken back at a time."""

    most_per_hour: int = Field(100, gt=0, description="per store, reversals and their credit memos; more wait")


class Decisions(Section):
    """How people decide about orders that no rule decides."""

    four_eyes: bool | None = Field(
        None, description="a second person confirms before anything is posted; where unset: in production, not in test"
    )

    def need_two(self, *, production: bool) -> bool:
        """Tell whether a second person must confirm a decision."""
        return production if self.four_eyes is None else self.four_eyes


class Payments(Section):
    """Whether payments are posted, and what is paid back."""

    post: bool = Field(default=False, description="each payment becomes a document, clearing account against customer")
    offline: tuple[str, ...] = Field(
        (), description="payment methods without a provider that count too, as the store names them, in any case"
    )
    company_invoices: bool = Field(
        default=False,
        description="with `post` also what companies pay of the B2B Edition's invoices online, on their own account",
    )


class Clearing(Section):
    """The clearing account of a gateway, and the key by which its settlement is matched."""

    gateways: tuple[str, ...] = Field((), description="as the store's transactions name them, in any case")
    currencies: tuple[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], ...] = ()
    company_codes: tuple[Key4, ...] = ()
    priority: int = 0
    gl_account: Account
    match_field: Literal["assignment", "reference_key_3", "payment_reference", "text"] = Field(
        "reference_key_3", description="where the provider's id of the transaction goes"
    )
    match_rule: Literal["whole", "before", "last", "hash"] = Field("whole", description="how the id is shortened")
    match_separator: str = Field("", max_length=5, description='of match_rule = "before": what ends the key')
    match_length: int = Field(0, ge=0, le=50, description="of last and hash; the field's length where left out")


class Hold(Section):
    """When postings wait, such as during the month-end close; times are of the company code's time zone."""

    hold_from: datetime = Field(description="nothing is posted from then on; a date is its midnight")
    hold_until: datetime = Field(description="from then on what was held is posted")
    company_codes: tuple[Key4, ...] = Field((), description="every one where left out")
    reason: str = Field("the close calendar", min_length=1, max_length=60, description="shows with what is held")


class Shipments(Section):
    """What a posted invoice shows of its shipments; the audit trail has them in any case."""

    payment_block: PaymentBlock = Field(
        "", description="set on unpaid orders at posting (T008), released by `release_on`"
    )
    dunning_block: DunningBlock = Field("", description="likewise (T040S)")
    release_on: Literal["first", "last"] = Field("last", description="shipment, pickup or completion")
    fields: dict[ChangedField, ShipmentText] = Field(
        default_factory=dict, description="fields of the customer's line by SAP's name, of the newest shipment"
    )
    text_id: Annotated[str, Field(pattern=r"^[A-Z0-9]{0,4}$")] = Field(
        "", description="document text (object BELEG) that lists all shipments; none where left out"
    )
    text_language: Annotated[str, Field(pattern=r"^[A-Z0-9]$")] = Field("E", description="SAP's language key of it")


class MappingFile(Section):
    """Everything a mapping file holds."""

    name: str = Field(min_length=1, max_length=40, description="shows in its version")
    status: Statuses = Statuses()
    triggers: tuple[Trigger, ...] = ()
    skip: Skips = Skips()
    marketplaces: Marketplaces = Marketplaces()
    refunds: Refunds = Refunds()
    cancellations: Cancellations = Cancellations()
    decisions: Decisions = Decisions()
    payments: Payments = Payments()
    clearing: tuple[Clearing, ...] = ()
    close_calendar: tuple[Hold, ...] = ()
    shipments: Shipments = Shipments()
    companies: Companies = Companies()
    vat_ids: VatIds = VatIds()
    currency_decimals: dict[str, Annotated[int, Field(ge=0, le=4)]] = Field(default_factory=dict)
    regions: dict[Country, dict[str, Annotated[str, Field(pattern=r"^[A-Z0-9]{1,3}$")]]] = Field(default_factory=dict)
    company_codes: tuple[CompanyCode, ...] = ()
    documents: tuple[DocumentRule, ...] = ()
    accounts: tuple[AccountRule, ...] = ()
    tax_codes: dict[TaxCode, TaxCodeFacts] = Field(default_factory=dict)
    jurisdictions: dict[JurisdictionCode, Jurisdiction] = Field(default_factory=dict)
    taxes: tuple[TaxRule, ...] = ()


def targets_of(file: MappingFile) -> Iterator[tuple[tuple[str | int, ...], AccountTarget]]:
    """Return every account of a file with where it stands."""
    for place, company in enumerate(file.company_codes):
        for name in CompanyCode.model_fields:
            target = getattr(company, name)
            if isinstance(target, AccountTarget):
                yield ("company_codes", place, name), target
    for place, rule in enumerate(file.accounts):
        yield ("accounts", place), rule
