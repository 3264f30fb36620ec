"""Random orders of every kind from a seed: the same seed over the same catalogue gives the same descriptions."""

import random
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from .description import Coupon, Destination, Discount, Fee, Line, OrderDescription, Pickup
from .money import FOUR_PLACES, round_to
from .profile import StoreProfile
from .tenders import credit_of
from .wire import Json

__all__ = ["KINDS", "Generator"]

ZERO = Decimal(0)
GUEST = 0
MOST_LINES, MOST_UNITS = 5, 6
INCOMPLETE, AWAITING_PAYMENT, AWAITING_PICKUP, COMPLETED = 0, 7, 8, 10


class Generator:
    """Draws order descriptions that fit a store."""

    def __init__(
        self, seed: int, profile: StoreProfile, products: Mapping[int, Json], customers: Mapping[int, Json]
    ) -> None:
        self._random = random.Random(seed)
        self._profile = profile
        self._step = profile.terms().step
        self._physical = sorted(key for key, row in products.items() if row.get("type") == "physical")
        self._digital = sorted(key for key, row in products.items() if row.get("type") == "digital")
        home = {key for key, row in customers.items() if _country(row) == profile.country_code}
        self._rows = customers
        self._customers = sorted(home)
        self._foreigners = sorted(customers.keys() - home)

    def draw(self, kind: str | None = None) -> OrderDescription:
        """Give an order of a kind, or of any."""
        return KINDS[kind or self._random.choice(sorted(KINDS))](self)

    # --- what the kinds are made of --------------------------------------------------------------------------------

    def amount(self, low: str, high: str) -> Decimal:
        """Draw an amount in the store's currency, of the size its prices have."""
        factor = self._profile.price_factor
        cents = self._random.randint(int(Decimal(low) * 100), int(Decimal(high) * 100))
        return round_to(Decimal(cents) / 100 * factor, self._step)

    def lines(self, count: int | None = None, pool: Sequence[int] | None = None) -> tuple[Line, ...]:
        """Draw some lines of different products."""
        pool = self._physical if pool is None else pool
        wanted = min(len(pool), count or self._random.randint(1, MOST_LINES))
        chosen = self._random.sample(pool, wanted)
        return tuple(Line(product_id=key, quantity=self._random.randint(1, MOST_UNITS)) for key in chosen)

    def base(self, lines: tuple[Line, ...] | None = None, customer_id: int | None = None) -> OrderDescription:
        """Draw an order that goes out to a customer or guest."""
        return OrderDescription(
            lines=lines or self.lines(),
            customer_id=self._random.choice([GUEST, *self._customers]) if customer_id is None else customer_id,
            destinations=(Destination(shipping=self.amount("3.90", "14.90")),),
        )

    def price(self) -> Decimal:
        """Draw a price with more decimals than the currency has."""
        fine = max(FOUR_PLACES, self._step / 100)
        return self.amount("2", "90") + fine * self._random.randint(1, 99)

    # --- kinds -----------------------------------------------------------------------------------------------------

    def plain(self) -> OrderDescription:
        """One or a few products to one address."""
        return self.base()

    def guest(self) -> OrderDescription:
        """No account: customer 0."""
        return self.base(customer_id=GUEST)

    def abroad(self) -> OrderDescription:
        """To another country, or another part of the same, with the rates there or none."""
        if self._foreigners:
            return self.base(customer_id=self._random.choice(self._foreigners))
        away = {"street_1": "1 Far Away", "city": "Elsewhere", "state": "", "country": "Norway", "country_iso2": "NO"}
        base = self.base()
        return replace(base, destinations=(replace(base.destinations[0], address=away),))

    def fine_prices(self) -> OrderDescription:
        """Prices with four decimals."""
        lines = tuple(replace(line, price=self.price()) for line in self.lines())
        return self.base(lines)

    def many_lines(self) -> OrderDescription:
        """More lines than a default page has."""
        pool = self._physical
        count = self._random.randint(51, 80)
        return self.base(
            tuple(Line(product_id=self._random.choice(pool), quantity=self._random.randint(1, 3)) for _ in range(count))
        )

    def order_discount(self) -> OrderDescription:
        """A manual discount on the whole order."""
        return replace(self.base(self.lines(3)), discount=self.amount("0.50", "5"))

    def line_discount(self) -> OrderDescription:
        """Promotions on single lines."""
        lines = tuple(replace(line, discounts=(Discount(self.amount("0.10", "3")),)) for line in self.lines(3))
        return self.base(lines)

    def coupon(self) -> OrderDescription:
        """A coupon over the order."""
        return replace(self.base(self.lines(3)), coupons=(Coupon("WELCOME", self.amount("1", "6")),))

    def percentage(self) -> OrderDescription:
        """A percentage off, and a discount on what is left."""
        coupon = Coupon("TEN-OFF", Decimal(10), "percentage")
        return replace(self.base(self.lines(3)), coupons=(coupon,), discount=self.amount("0.50", "2"))

    def free_shipping(self) -> OrderDescription:
        """A coupon on the carriage."""
        return replace(self.base(), coupons=(Coupon("SHIP-FREE", type="free_shipping"),))

    def extras(self) -> OrderDescription:
        """Gift wrapping, handling and a fee."""
        base = self.base()
        lines = (replace(base.lines[0], wrapping=self.amount("1", "4")), *base.lines[1:])
        place = replace(base.destinations[0], handling=self.amount("1", "3"))
        return replace(base, lines=lines, destinations=(place,), fees=(Fee(self.amount("1", "5")),))

    def mixed_rates(self) -> OrderDescription:
        """Lines of every tax class the catalogue has, and a custom item without tax."""
        custom = Line(name="Repair, by agreement", price=self.amount("10", "40"), tax_class_id=1)
        return self.base((*self.lines(6), custom))

    def two_addresses(self) -> OrderDescription:
        """Parts of the order go to different places."""
        lines = self.lines(4)
        spread = tuple(replace(line, destination=index % 2) for index, line in enumerate(lines))
        second = {"street_1": "Second Address 2", "street_2": ""}
        places = (Destination(shipping=self.amount("4", "9")), Destination(second, self.amount("4", "9")))
        return replace(self.base(spread), destinations=places)

    def digital(self) -> OrderDescription:
        """Downloads only: no shipping address."""
        base = self.base(self.lines(1, self._digital))
        return replace(base, destinations=(Destination(),), status_id=COMPLETED)

    def certificate(self) -> OrderDescription:
        """A gift certificate is bought along with a product."""
        line = Line(name="Gift Certificate", sku="", type="giftcertificate", price=self.amount("25", "25"))
        return self.base((*self.lines(1), line))

    def tenders(self) -> OrderDescription:
        """Paid in part with store credit and a gift certificate."""
        part = self.amount("1", "2")
        customer = self._random.choice(self._customers)
        credit = min(part, credit_of(self._rows[customer]))
        return replace(self.base(self.lines(2), customer), store_credit=credit, gift_certificate=part)

    def bundle(self) -> OrderDescription:
        """A product with a free one that belongs to it."""
        lines = self.lines(2)
        return self.base((lines[0], replace(lines[1], price=ZERO, bundle_of=0)))

    def tax_exempt(self) -> OrderDescription:
        """Nobody charges tax."""
        return replace(self.base(), tax_exempt=True)

    def for_nothing(self) -> OrderDescription:
        """A coupon takes everything off."""
        base = replace(self.base(), destinations=(Destination(),))
        return replace(base, coupons=(Coupon("ALL-OFF", Decimal(100), "percentage"),))

    def pickup(self) -> OrderDescription:
        """Fetched by the shopper."""
        return replace(self.base(), destinations=(Destination(pickup=Pickup()),), status_id=AWAITING_PICKUP)

    def other_currency(self) -> OrderDescription:
        """Charged in a currency that is not the store's, with that one's decimals."""
        codes = [entry.code for entry in self._profile.currencies if entry.transactional]
        return replace(self.base(), destinations=(Destination(),), currency=self._random.choice(codes))

    def display_currency(self) -> OrderDescription:
        """Shown in another currency than it is charged in."""
        codes = [entry.code for entry in self._profile.currencies]
        return replace(self.base(), display_currency=self._random.choice(codes))

    def offline(self) -> OrderDescription:
        """Paid past every gateway."""
        return replace(self.base(), payment_method="Bank Deposit", payment_provider_id="bankdeposit")

    def authorized(self) -> OrderDescription:
        """The money is held, not taken."""
        return replace(self.base(), payment_status="authorized")

    def incomplete(self) -> OrderDescription:
        """The shopper never finished."""
        return replace(self.base(), status_id=INCOMPLETE, payment_status="", payment_method="")

    def unpaid(self) -> OrderDescription:
        """Ordered, not paid yet."""
        status = {"payment_status": "pending", "payment_method": "Bank Deposit", "payment_provider_id": "bankdeposit"}
        return replace(self.base(), status_id=AWAITING_PAYMENT, **status)


def _country(customer: Json) -> str:
    addresses = customer.get("addresses") or [{}]
    return str(addresses[0].get("country_code", ""))


KINDS: dict[str, Callable[[Generator], OrderDescription]] = {
    kind.__name__.replace("_", "-"): kind
    for kind in (
        Generator.plain,
        Generator.guest,
        Generator.abroad,
        Generator.fine_prices,
        Generator.many_lines,
        Generator.order_discount,
        Generator.line_discount,
        Generator.coupon,
        Generator.percentage,
        Generator.free_shipping,
        Generator.extras,
        Generator.mixed_rates,
        Generator.two_addresses,
        Generator.digital,
        Generator.certificate,
        Generator.tenders,
        Generator.bundle,
        Generator.tax_exempt,
        Generator.for_nothing,
        Generator.pickup,
        Generator.other_currency,
        Generator.display_currency,
        Generator.offline,
        Generator.authorized,
        Generator.incomplete,
        Generator.unpaid,
    )
}
