"""A profile says what kind of store it is; a bad one is refused with its place."""

from pathlib import Path

import pytest
from mlconnector_sandbox.store.profile import ProfileError, load_profile


@pytest.mark.parametrize("name", ["eu", "us", "jp", "kw"])
def test_packaged_profiles_have_members_and_a_guest(name: str) -> None:
    """The generator needs both."""
    people = load_profile(name).people

    assert any(person.guest for person in people)
    assert any(not person.guest for person in people)


def test_first_zone_that_covers_an_address_has_its_rates() -> None:
    """State and county in Washington, none in Oregon."""
    profile = load_profile("us")

    assert [rate.id for rate in profile.rates(0, "US", "Washington")] == [21, 22]
    assert profile.rates(0, "US", "Oregon") == ()
    assert profile.rates(1, "US", "Washington") == ()


def test_own_file_is_loaded_by_path(tmp_path: Path) -> None:
    """Rates may be numbers or text."""
    file = tmp_path / "own.toml"
    people = "[[people]]\n" + "\n".join(
        f'{name} = "x"'
        for name in ("first_name", "last_name", "street_1", "city", "zip", "country", "country_iso2", "email")
    )
    head = 'name="Own"\ncountry="X"\ncountry_code="XX"\ncurrency="CHF"\ncurrency_symbol="Fr"\nlanguage="de"\n'
    zone = (
        'prices_include_tax=true\ntax_classes=[]\ntax_zones=[]\n[time_zone]\nname="UTC"\nraw_offset=0\ndst_offset=0\n'
    )
    file.write_text(f"{head}{zone}dst_correction=false\n{people}\n")

    assert load_profile(str(file)).currency == "CHF"


@pytest.mark.parametrize(
    ("content", "reason"), [("name = 5\nworld = 1", "own.toml"), ("name =", "own.toml"), (None, "eu, jp, kw, us")]
)
def test_bad_profiles_are_refused(tmp_path: Path, content: str | None, reason: str) -> None:
    """The message names the file, or the profiles there are."""
    file = tmp_path / "own.toml"
    if content is not None:
        file.write_text(content)

    with pytest.raises(ProfileError, match=reason):
        load_profile(str(file))
