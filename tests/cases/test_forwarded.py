"""F10: whatever a proxy says of who asks, nobody's request fails by it."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from onemg_portal.wsgi import TrustedProxies
from orders.network import Networks

# The handler closes the connection that a test's own transaction lives on.
pytestmark = pytest.mark.django_db(transaction=True)
CSRF = "x" * 32
FORWARDED = [
    ("203.0.113.7:51234", "203.0.113.7"),
    ("10.9.9.9, 203.0.113.7", "203.0.113.7"),
    ('"[2001:db8::7]:443"', "2001:db8::"),  # of IPv6 the network counts, since a line has thousands of addresses
    ("[2001:db8::7]", "2001:db8::"),
    ("::ffff:203.0.113.7", "203.0.113.7"),
    ("unknown", "127.0.0.1"),
    ("_hidden", "127.0.0.1"),
    ("203.0.113.7, unknown", "127.0.0.1"),
    ("", "127.0.0.1"),
    (",", "127.0.0.1"),
    ("203.0.113.777", "127.0.0.1"),
]
_ADDRESSES = st.ip_addresses().map(str)
_PORTS = st.integers(min_value=-1, max_value=99_999).map(lambda port: f":{port}")
_ODD = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)
HEADERS = st.lists(
    st.one_of(_ADDRESSES, st.builds("{}{}".format, _ADDRESSES, _PORTS), st.builds('"[{}]"'.format, _ADDRESSES), _ODD),
    max_size=4,
).map(",".join)


def sign_in(forwarded: str, remote: str = "127.0.0.1", app: Any = None) -> int:
    """The code of a wrong sign-in that comes through a proxy which says that."""
    form = {"username": "nobody", "password": "wrong", "csrfmiddlewaretoken": CSRF}
    request = RequestFactory(headers={"Cookie": f"csrftoken={CSRF}"}).post("/login/", form)
    environ = request.environ | {"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_FOR": forwarded}
    app = app or TrustedProxies(WSGIHandler(), Networks(["127.0.0.0/8"]))
    told: list[str] = []

    answer: Any = app(environ, lambda status, headers, problem=None: told.append(status))

    answer.close()
    return int(told[0].split()[0])


@pytest.mark.parametrize(("forwarded", "address"), FORWARDED)
def test_F10_the_address_is_what_stands_there_or_the_proxys_own(forwarded: str, address: str) -> None:
    sign_in(forwarded)

    assert [attempt.ip_address for attempt in AccessAttempt.objects.all()] == [address]


@settings(max_examples=40)
@given(forwarded=HEADERS, remote=st.one_of(st.just("127.0.0.1"), st.just("::ffff:127.0.0.1"), _ODD))
def test_F10_no_forwarded_header_makes_a_request_fail(forwarded: str, remote: str) -> None:
    code = sign_in(forwarded, remote)

    assert code < 500
    for attempt in AccessAttempt.objects.all():
        assert attempt.ip_address is None or ipaddress.ip_address(attempt.ip_address)


def test_F10_control_who_reads_no_header_sees_the_proxy_alone() -> None:
    for forwarded, _address in FORWARDED:
        sign_in(forwarded, app=WSGIHandler())

    seen = [attempt.ip_address for attempt in AccessAttempt.objects.all()]
    assert set(seen) == {"127.0.0.1"} != {address for _forwarded, address in FORWARDED}
