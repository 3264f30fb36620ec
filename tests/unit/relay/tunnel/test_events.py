"""The page about events and metrics says what the code does."""

import re
from pathlib import Path

from mlconnector_relay import metrics

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "reference" / "tunnel-events.md").read_text("utf-8")
SOURCE = "\n".join(path.read_text("utf-8") for path in (ROOT / "relay/src/mlconnector_relay/tunnel").glob("*.py"))
LEVELS = {"debug", "info", "warning", "error", "critical"}


def test_every_event_is_documented_with_its_level() -> None:
    """Filters hang on the names, pagers on the levels."""
    logged = set(re.findall(r'_?log\.(\w+)\(\s*"((?:tunnel|enrolment)\.\w+)"', SOURCE))
    documented = {
        (level, name)
        for name, level in re.findall(r"^\| `((?:tunnel|enrolment)\.\w+)` \| (\w+) \|", PAGE, re.MULTILINE)
    }

    assert documented == logged
    assert {level for level, _ in logged} <= LEVELS


def test_every_metric_of_the_tunnel_is_documented_with_its_labels() -> None:
    """Dashboards hang on them."""
    ours = [metric for name in metrics.__all__ if hasattr(metric := getattr(metrics, name), "describe")]
    described = {
        name.removesuffix("_total"): tuple(filter(None, labels.strip().split(", ")))
        for name, labels in re.findall(r"^\| `(mlconnector_\w+)` \|([^|]*)\|", PAGE, re.MULTILINE)
    }

    known = {metric.describe()[0].name: metric._labelnames for metric in ours}
    tunnel = {name: labels for name, labels in known.items() if re.match("mlconnector_(tunnel|enrolments)", name)}
    assert described == tunnel
