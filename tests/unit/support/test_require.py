"""A skipped test counts as passed only where it may be left out."""

import pytest

from tests.support.require import judged, skip_or_fail


@pytest.fixture(autouse=True)
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLCONNECTOR_REQUIRE", "MLCONNECTOR_INCAPABLE", "LD_PRELOAD"):
        monkeypatch.delenv(name, raising=False)


def skipped(reason: str) -> str:
    """Return the outcome of a test that was skipped for this reason."""
    report = pytest.TestReport("a_test", ("a", 1, "a"), {}, "skipped", ("a.py", 1, f"Skipped: {reason}"), "setup")
    return judged(report).outcome


@pytest.mark.parametrize(
    ("required", "incapable", "outcome"),
    [
        ("", "", "skipped"),
        ("all", "", "failed"),
        ("all", "conformance: no copy here", "skipped"),
        ("all", "proxy: no network; conformance: no copy here", "skipped"),
        ("all", "proxy: no network", "failed"),
    ],
)
def test_what_a_machine_lacks_is_a_failure_where_everything_is_required(
    monkeypatch: pytest.MonkeyPatch, required: str, incapable: str, outcome: str
) -> None:
    """Unless the machine is named incapable of just this; then the output says why."""
    monkeypatch.setenv("MLCONNECTOR_REQUIRE", required)
    monkeypatch.setenv("MLCONNECTOR_INCAPABLE", incapable)

    with pytest.raises(pytest.skip.Exception if outcome == "skipped" else pytest.fail.Exception) as caught:
        skip_or_fail("conformance", "there are no documents")
    if outcome == "skipped":
        assert skipped(str(caught.value)) == "skipped"
        assert ("no copy here" if incapable else "there are no documents") in str(caught.value)


def test_a_skip_by_a_mark_is_no_way_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing compiler is missing, however the test says so."""
    assert skipped("needs a compiler") == "skipped"
    monkeypatch.setenv("MLCONNECTOR_REQUIRE", "all")
    assert skipped("needs a compiler") == "failed"
    monkeypatch.setenv("LD_PRELOAD", "libasan.so")
    assert skipped("this is the run under the sanitizers") == "skipped"
