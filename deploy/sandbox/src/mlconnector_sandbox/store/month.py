"""A stretch of time in a store: orders are placed and live on, each thing at its hour, the same for a seed."""

import heapq
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .generator import Generator
from .lives import Hands, Step, life_of
from .shop import Shop
from .simulator import Simulator

__all__ = ["Lived", "Stretch", "live"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """How many orders, of which kinds, between when and when."""

    start: datetime
    end: datetime
    count: int
    kinds: Sequence[str] = ()


@dataclass(slots=True)
class Lived:
    """An order that was placed, its life, and the steps of it that were taken."""

    order_id: int
    life: str
    steps: list[str] = field(default_factory=list)


@dataclass(order=True, slots=True)
class _Due:
    moment: datetime
    number: int
    lived: Lived | None = field(compare=False, default=None)
    steps: tuple[Step, ...] = field(compare=False, default=())


class _Month:
    """The run of one stretch."""

    def __init__(self, stretch: Stretch, seed: int, hands: Hands) -> None:
        self._stretch = stretch
        self._random = random.Random(seed)
        self._hands = hands
        self._number = 0
        self.due: list[_Due] = []

    def plan(self, moment: datetime, lived: Lived | None = None, steps: tuple[Step, ...] = ()) -> None:
        """Note what is to come; what comes after the end does not."""
        if moment <= self._stretch.end:
            self._number += 1
            heapq.heappush(self.due, _Due(moment, self._number, lived, steps))

    def plan_orders(self) -> None:
        """Note when orders will be placed."""
        seconds = int((self._stretch.end - self._stretch.start).total_seconds())
        for _ in range(self._stretch.count):
            self.plan(self._stretch.start + timedelta(seconds=self._random.randint(0, seconds)))

    def plan_step(self, moment: datetime, lived: Lived, steps: tuple[Step, ...]) -> None:
        """Note the first of an order's steps."""
        if steps:
            minutes = self._random.randint(steps[0].least * 60, steps[0].most * 60)
            self.plan(moment + timedelta(minutes=minutes), lived, steps)

    def placed(self, shop: Shop, generator: Generator, kind: str | None, moment: datetime) -> Lived:
        """Place an order, and note what becomes of it."""
        record = shop.place(shop.describe(generator.draw(kind)))
        name, steps = life_of(record, self._random)
        lived = Lived(record.id, name)
        self.plan_step(moment, lived, steps)
        return lived

    def step(self, due: _Due, lived: Lived) -> None:
        """Take a step and note the next."""
        step, *rest = due.steps
        if self._hands.take(lived.order_id, step):
            lived.steps.append(step.does)
        self.plan_step(due.moment, lived, tuple(rest))


def live(simulator: Simulator, stretch: Stretch, seed: int, *, quiet: bool) -> Iterator[Lived | None]:
    """Run a stretch, a thing at a time; gives each order when it is placed, else nothing.

    Dates are those of the stretch; events, unless quiet, are fired as it runs.
    """
    resources, shop = simulator.state.resources, simulator.shop
    generator = Generator(seed, simulator.profile, resources["products"], resources["customers"])
    month = _Month(stretch, seed, Hands(shop, simulator.till, simulator.dock, random.Random(seed)))
    month.plan_orders()
    placed = 0
    while month.due:
        due = heapq.heappop(month.due)
        with simulator.state.clock.at(due.moment), simulator.callbacks.hushed(quiet=quiet):
            if due.lived is not None:
                month.step(due, due.lived)
                lived = None
            else:
                kind = stretch.kinds[placed % len(stretch.kinds)] if stretch.kinds else None
                lived = month.placed(shop, generator, kind, due.moment)
                placed += 1
        yield lived
