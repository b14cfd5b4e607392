"""Internet addresses however servers, proxies and settings write them."""

from __future__ import annotations

import pytest

from orders.network import Networks, address_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:51234", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ('"[2001:db8::7]:443"', "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unknown", ""),
        ("_hidden", ""),
        ("", ""),
        ("1.2.3", ""),
        ("1.2.3.4.5", ""),
        ("2001:db8::7:99999999", ""),
    ],
)
def test_case_F10_an_address_is_read_without_what_stands_around_it(text: str, expected: str) -> None:
    assert address_of(text) == expected


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("192.0.2.1", True),
        ("192.0.2.2", False),
        ("2001:db8::9", True),
        ("", False),
    ],
)
def test_case_F20_networks_hold_addresses(address: str, inside: bool) -> None:
    assert (address in Networks(["10.0.0.0/8", " 192.0.2.1 ", "2001:db8::/32", ""])) is inside


@pytest.mark.parametrize("text", ["proxy.example", "*", "10.0.0.0/99", "10.0.0"])
def test_case_F20_what_is_no_network_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="neither an address nor a network"):
        Networks([text])
