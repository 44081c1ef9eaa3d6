"""Which addresses are public, and what a host stands for. `test_inputs_urls.py` in `tests/submit` has more of the former."""

import pytest

from mediapreflight.submit.http.addresses import PrivateAddressError, is_public, literal, refuse_private_host


@pytest.mark.parametrize(
    "address",
    [
        "::127.0.0.1",
        "::10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "::ffff:0:127.0.0.1",
        "fe80::1%eth0",
        "2002:7f00:1::",
        "198.18.0.1",
    ],
)
def test_what_leads_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "::ffff:93.184.216.34", "64:ff9b::5db8:d822", "2606:2800:220:1::1"])
def test_what_the_whole_internet_reaches_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.every(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.0.0.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("1.2.3.4.example", None),
        ("example.com", None),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.0.0.1 x", None),
        ("", None),
        ("ä", None),
    ],
)
def test_addresses_in_every_spelling(host: str, address: str | None) -> None:
    found = literal(host)
    assert (None if found is None else str(found)) == address


def test_a_name_is_let_pass_and_an_address_inside_is_not() -> None:
    refuse_private_host("oss.example")
    refuse_private_host("93.184.216.34")
    for host in ("localhost", "a.localhost", "127.1", "169.254.169.254", "::1"):
        with pytest.raises(PrivateAddressError):
            refuse_private_host(host)
