"""The most specific rule wins whatever the order of rules; ties are told, not broken by chance."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from mlconnector_relay.sap.rules import Tie, choose


@dataclass(frozen=True)
class ARule:
    """A rule with nothing but its priority."""

    priority: int = 0


def test_no_rule_fits() -> None:
    """An answer of its own."""
    assert choose([], []) is None
    assert choose([ARule()], [None]) is None


def test_the_weightiest_wins() -> None:
    """Whatever its place and whatever the others' priority."""
    assert choose([ARule(9), ARule(), ARule(9)], [(0, 1), (1, 0), (0, 0)]) == 1


def test_priority_counts_among_equals_only() -> None:
    """It resolves what would be a tie."""
    assert choose([ARule(1), ARule(2)], [(1,), (1,)]) == 1
    assert choose([ARule(1), ARule(1), ARule()], [(1,), (1,), (1,)]) == Tie(0, 1)
    assert choose([ARule(), ARule(1), ARule(1)], [(0,), (1,), (1,)]) == Tie(1, 2)


@settings(deadline=None)
@given(st.lists(st.tuples(st.none() | st.tuples(st.integers(0, 2)), st.integers(0, 1)), max_size=6), st.randoms())
def test_the_order_of_rules_does_not_matter(rules: list[tuple[tuple[int] | None, int]], random: object) -> None:
    """Shuffled, the same rule is chosen."""
    shuffled = list(rules)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one = choose([ARule(priority) for _, priority in rules], [weight for weight, _ in rules])
    other = choose([ARule(priority) for _, priority in shuffled], [weight for weight, _ in shuffled])
    if isinstance(one, int):
        assert isinstance(other, int)
        assert rules[one] == shuffled[other]
    else:
        assert type(one) is type(other)
