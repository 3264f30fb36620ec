"""Prometheus metrics of the relay; each module that measures something takes its metric from here."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

__all__ = [
    "answer_seconds",
    "clock_offset_seconds",
    "enrolments",
    "messages",
    "read_rows",
    "refusal_label",
    "refusals",
    "results",
    "round_trip_seconds",
    "sessions",
    "sessions_ended",
    "unbelieved",
    "write_credit",
]

_LATENCIES: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)

enrolments: Final = Counter("mlconnector_enrolments_total", "Enrolment requests by outcome", ["outcome"])
sessions: Final = Gauge("mlconnector_tunnel_sessions", "Live tunnel sessions", ["tenant", "instance"])
sessions_ended: Final = Counter("mlconnector_tunnel_sessions_ended_total", "Ended tunnel sessions", ["reason"])
messages: Final = Counter("mlconnector_tunnel_messages_total", "Messages taken from agents", ["type"])
write_credit: Final = Gauge(
    "mlconnector_tunnel_write_credit", "Postings the agent can start at once", ["tenant", "instance"]
)
clock_offset_seconds: Final = Gauge(
    "mlconnector_tunnel_clock_offset_seconds", "Agent's wall clock minus ours", ["tenant", "instance"]
)
round_trip_seconds: Final = Gauge(
    "mlconnector_tunnel_round_trip_seconds", "Round trip of the last ping", ["tenant", "instance"]
)
answer_seconds: Final = Histogram(
    "mlconnector_tunnel_answer_seconds", "Time from call to its answer", ["work"], buckets=_LATENCIES
)
results: Final = Counter("mlconnector_tunnel_results_total", "Results recorded", ["outcome"])
refusals: Final = Counter("mlconnector_tunnel_refusals_total", "Envelopes refused by agents", ["rule"])
unbelieved: Final = Counter(
    "mlconnector_tunnel_unbelieved_total", "Results and receipts that were not taken at their word", ["cause"]
)
read_rows: Final = Counter("mlconnector_tunnel_read_rows_total", "Rows of table reads delivered")

MOST_RULES: Final = 64
"""Rules counted by name; agents know some thirty."""

_rules: Final[set[str]] = set()


def refusal_label(rule: str) -> str:
    """Return a refusal's rule as a label, `other` beyond a number of them: agents choose the words, labels stay."""
    if len(_rules) < MOST_RULES:
        _rules.add(rule)
    return rule if rule in _rules else "other"
