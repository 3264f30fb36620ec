"""A shopper's address fits SAP's one-time customer by rule, and whatever was left out is told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlconnector_relay.bigcommerce.models import Address
from mlconnector_relay.sap.one_time_customer import OneTimeCustomer, one_time_customer
from mlconnector_relay.sap.values import Refusal

LENGTHS = {"NAME": 35, "NAME_2": 35, "NAME_3": 35, "NAME_4": 35, "STREET": 35, "CITY": 35, "POSTL_CODE": 10}
LENGTHS |= {"REGION": 3, "COUNTRY": 3, "LANGU_ISO": 2}
REGIONS = {"US": {"Texas": "TX"}}


def written(**address: str) -> OneTimeCustomer:
    """Write an address that has a name, a city and a country."""
    known = {"first_name": "Ida", "last_name": "Sommer", "city": "Hamburg", "country_iso2": "DE"}
    found = one_time_customer(Address.model_validate(known | address), "DE", REGIONS)
    assert isinstance(found, OneTimeCustomer)
    return found


def test_a_short_address_is_kept_whole() -> None:
    """Nothing to decide."""
    found = written(street_1="Elbgasse 3", street_2="Hinterhaus", zip="20457", state="HH", country_iso2="de")
    assert found == OneTimeCustomer(
        {
            "NAME": "Ida Sommer",
            "STREET": "Elbgasse 3, Hinterhaus",
            "CITY": "Hamburg",
            "POSTL_CODE": "20457",
            "REGION": "HH",
            "COUNTRY": "DE",
            "LANGU_ISO": "DE",
        },
        (),
    )


def test_the_company_comes_before_the_person() -> None:
    """Long names go on in the next field, broken between words."""
    company = "Tammen & Söhne Werkstattbedarf und Eisenwaren GmbH & Co. Kommanditgesellschaft"
    found = written(company=company)
    names = [found.fields[name] for name in ("NAME", "NAME_2", "NAME_3", "NAME_4")]
    assert " ".join(names[:3]) == company
    assert names[3] == "Ida Sommer"
    assert found.decisions == ()


def test_what_needs_a_fifth_name_line_is_left_out_and_told() -> None:
    """Both texts stand in the audit trail."""
    found = written(company=" ".join(["Gesellschaft"] * 10))
    assert found.fields["NAME_4"] == "Gesellschaft Gesellschaft"
    (decision,) = found.decisions
    assert decision.endswith("left out: ['Gesellschaft Gesellschaft', 'Ida Sommer']")


def test_a_long_street_is_shortened_and_told() -> None:
    """After the last whole word that fits."""
    found = written(street_1="Straße des Siebzehnten Juni Nummer 135", street_2="Aufgang B")
    assert found.fields["STREET"] == "Straße des Siebzehnten Juni Nummer"
    assert found.decisions == (
        "STREET holds 'Straße des Siebzehnten Juni Nummer' of 'Straße des Siebzehnten Juni Nummer 135, Aufgang B'",
    )


def test_long_cities_and_postal_codes_are_shortened_and_told() -> None:
    """Each field by its own length."""
    found = written(city="Taumatawhakatangihangakoauauotamateaturi", zip="12345-678901")
    assert found.fields["CITY"] == "Taumatawhakatangihangakoauauotamate"
    assert found.fields["POSTL_CODE"] == "12345-6789"
    assert len(found.decisions) == 2


def test_regions_come_from_the_mapping_or_are_codes_already() -> None:
    """A state's name is no region of SAP; what is unknown is left empty and told."""
    assert written(state="texas", country_iso2="US").fields["REGION"] == "TX"
    assert written(state="tx", country_iso2="US").fields["REGION"] == "TX"
    unknown = written(state="Ohio", country_iso2="US")
    assert "REGION" not in unknown.fields
    assert unknown.decisions == ("REGION is left empty: [regions] has none for 'Ohio'",)


@pytest.mark.parametrize(
    ("missing", "field"),
    [({"first_name": "", "last_name": ""}, "NAME"), ({"city": " "}, "CITY"), ({"country_iso2": ""}, "COUNTRY")],
)
def test_what_sap_needs_must_be_there(missing: dict[str, str], field: str) -> None:
    """SAP would refuse it, or store it under no name."""
    known = {"first_name": "Ida", "last_name": "Sommer", "city": "Hamburg", "country_iso2": "DE"}
    found = one_time_customer(Address.model_validate(known | missing), "DE", REGIONS)
    assert isinstance(found, Refusal)
    assert found.rule == "refused:address"
    assert f"needs {field};" in found.sentence


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {
            name: st.text(max_size=80)
            for name in ("first_name", "last_name", "company", "street_1", "street_2", "city", "state", "zip")
        }
    )
)
def test_every_field_fits(address: dict[str, str]) -> None:
    """Whatever shoppers type, nothing is longer than SAP's field, so nothing is cut in silence."""
    found = one_time_customer(Address.model_validate(address | {"country_iso2": "DE"}), "DE", REGIONS)
    if isinstance(found, OneTimeCustomer):
        assert all(0 < len(text) <= LENGTHS[name] for name, text in found.fields.items())
