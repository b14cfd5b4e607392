"""What the tests of acting share: both partners over real sockets, and purchases that could be confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.contrib.auth.models import User
from django.db import connections

from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.choices import PaymentMethod
from orders.models import OrderGroup
from payments import outbox
from payments.models import PartnerCall
from payments.registration import services as registration
from tests.conftest import document, order_update


@pytest.fixture(scope="session")
def key_pair() -> tuple[str, str]:
    """An RSA key as 1mg would hand it over, and its public half; PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return private, public


@pytest.fixture
def partners(key_pair: tuple[str, str], settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Partners]:
    """Both partners on this machine, and a portal that is configured for them."""
    private, public = key_pair
    # The threads that carry calls outlive a test; their connections must not, or no database could be dropped.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    with Partners(Agreed(public_key=public)) as played:
        settings.ONEMG_BASE_URL = settings.NIMBBL_BASE_URL = played.base_url
        settings.ONEMG_MERCHANT_ID = played.agreed.merchant_id
        settings.ONEMG_PRIVATE_KEY = private
        settings.NIMBBL_ACCESS_KEY = played.agreed.nimbbl_access_key
        settings.NIMBBL_ACCESS_SECRET = played.agreed.nimbbl_access_secret
        settings.ONEMG_TRACK_ORDER = played.agreed.onemg_track_order
        settings.ONEMG_CONFIGURED = settings.NIMBBL_CONFIGURED = True
        settings.PARTNER_HOSTS = frozenset({f"127.0.0.1:{played.port}"})
        yield played
        outbox.drain(20)


Buy = Callable[..., OrderGroup]


@pytest.fixture
def buy(partners: Partners, post: Callable[..., Any]) -> Buy:
    """Make a purchase that the shop has registered, that both partners know and that 1mg has spoken of.

    As it is by default, it may be confirmed. `status` `None`: 1mg has not spoken yet.
    """

    def make(name: str = "M1", *, status: int | None = 15, method: str = "ONLINE", **told: Any) -> OrderGroup:
        onemg, nimbbl = f"PO{name}", f"o_{name}"
        partners.tell(merchant_order_id=name, onemg_order_id=onemg, nimbbl_order_id=nimbbl, **told)
        registration.register(
            registration.Registration(name, onemg, PaymentMethod(method), Decimal("652.36"), nimbbl),
            by=Actor("the shop"),
        )
        if status is not None:
            speak(post, name, status)
        return OrderGroup.objects.get(pk=name)

    return make


def speak(post: Callable[..., Any], name: str, status: int, updated: int = 1_700_000_000) -> None:
    """1mg says that the purchase's order has this status."""
    body = order_update(f"PO{name}", status, updated)
    document(body)["merchant_order_id"] = name
    assert post(body).status_code == 200


@pytest.fixture
def asha(db: None) -> Actor:
    """Somebody of operations."""
    return Actor.of(User.objects.create_user("asha"))


def between(partners: Partners, then: Callable[[], object], *, of_a_page: bool = False) -> None:
    """Do something after the next press has been taken and before its call is sent.

    Nimbbl is asked before a call is sent, and at the press where no page was shown. `of_a_page`: the press is one of a
    page that is open already, and has its answer.
    """
    times = iter((2,) if of_a_page else (1, 2))

    def during() -> None:
        if next(times, 0) == 2:
            then()
            connections.close_all()

    partners.misbehave("o_M1", "fine", on="enquiry", during=during)


def carried(call: PartnerCall) -> PartnerCall:
    """The call after its thread has done with it."""
    assert outbox.drain(30)
    call.refresh_from_db()
    return call
