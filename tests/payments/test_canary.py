"""The canary: everything the portal does with the partners, with secrets and people that can be recognised.

Row O32 and battery T16: none of them may turn up in the log, in the rows of acting, in the words for staff, in what a
Viewer is shown, nor in what an object or an error says of itself; wherever a partner repeats them to us.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import timezone

from onemg_portal.logs import JsonFormatter
from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.models import ApiKey, OrderGroup
from payments import outbox, services
from payments.choices import State
from payments.models import PartnerCall, PartnerToken, Payment
from payments.partners import clients, http, tokens
from payments.partners.nimbbl import NotTold, Token
from payments.token_store import SharedToken
from tests.conftest import TOKEN, document, order_update
from tests.forms import press
from tests.payments.conftest import carried
from tests.payments.partners import wire
from tests.refusing import refusing
from tests.rows import everything
from tests.server import free_port

pytestmark = pytest.mark.django_db(transaction=True)

NAME, PHONE, STREET, AGENT = "Kanarija Zq7", "9876501234", "7 Zq7 Canary Lane", "Mozilla/5.0 canary-Zq7-agent"
ADDRESS_IP, MAIL, GIFT = "203.0.113.77", "kanarija.zq7@example.org", "canary-Zq7-gift"
PERSONAL = [NAME, PHONE, STREET, AGENT, ADDRESS_IP, MAIL, GIFT]
ADDRESS = {
    "address_1": STREET,
    "street": f"{STREET} II",
    "landmark": NAME,
    "area": "Zq7-area",
    "city": "Zq7-city",
    "state": "Zq7-state",
    "pincode": "560038",
    "address_type": "Zq7-home",
}
CHANGES = {
    "shipping_address": ADDRESS,
    "ipAddress": ADDRESS_IP,
    "user_agent": AGENT,
    "custom_attributes": {"gift": GIFT},
}

ACCESS_KEY, ONEMG_KEY = "canary_nimbbl_access_Zq1", "canary_onemg_access_Zq2"
ACCESS_SECRET, NIMBBL_TOKEN = "canary_nimbbl_secret_Zq3", "canaryNimbblTokenZq4"
SECRET_KEY, FIXED_TOKEN = "canary-secret-key-Zq5-" * 3, "canary-fixed-bearer-Zq6"


@dataclass
class World:
    """The portal, both partners, and every secret there is; `bearers` are those that went over the wire."""

    partners: Partners
    pem: str
    api_key: str
    log: list[str] = field(default_factory=list)
    wire: list[bytes] = field(default_factory=list)

    def bearers(self) -> list[str]:
        """Every token that was sent to a partner."""
        sent = [request.headers.get("authorization", "") for request in self.partners.requests]
        sent += [wire.header(request, "Authorization") or "" for request in self.wire]
        return sorted({one.removeprefix("Bearer ") for one in sent} - {""})

    def secrets(self) -> list[str]:
        """What must be nowhere: tokens also in their parts, the key line by line."""
        parts = {part for bearer in self.bearers() for part in (bearer, bearer.rpartition(".")[2])}
        lines = {line for line in self.pem.splitlines() if len(line) > 40}
        seeded = {ACCESS_KEY, ACCESS_SECRET, ONEMG_KEY, NIMBBL_TOKEN, FIXED_TOKEN, SECRET_KEY[:22], TOKEN, self.api_key}
        return sorted(seeded | parts | lines)


@pytest.fixture
def written() -> Iterator[list[str]]:
    """Everything that is logged, as it would be written."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Keep()
    handler.setFormatter(JsonFormatter())
    loggers = [logging.getLogger(name) for name in ("", "django", "django.request", "django.security", "django.server")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)  # statements, which production never logs
    yield lines
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.fixture
def world(settings: Any, written: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A portal that is configured with canaries."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    monkeypatch.setattr("payments.sending.SECONDS", 1.5)
    agreed = Agreed(public_key=public, nimbbl_access_key=ACCESS_KEY, nimbbl_access_secret=ACCESS_SECRET)
    with Partners(agreed) as partners:
        settings.SECRET_KEY = SECRET_KEY
        settings.ONEMG_BASE_URL = settings.NIMBBL_BASE_URL = partners.base_url
        settings.ONEMG_MERCHANT_ID, settings.ONEMG_ACCESS_KEY = agreed.merchant_id, ONEMG_KEY
        settings.ONEMG_PRIVATE_KEY = pem
        settings.NIMBBL_ACCESS_KEY, settings.NIMBBL_ACCESS_SECRET = ACCESS_KEY, ACCESS_SECRET
        settings.ONEMG_CONFIGURED = settings.NIMBBL_CONFIGURED = True
        settings.PARTNER_HOSTS = frozenset({f"127.0.0.1:{partners.port}"})
        yield World(partners, pem, ApiKey.issue("shop", may_write=True)[1], written)
        outbox.drain(20)


@pytest.fixture
def asha(staff: Callable[[str], Any]) -> Actor:
    """Somebody of operations."""
    return Actor.of(staff("Operations"))


def browser_of(person: Actor) -> Client:
    """The browser of somebody who is logged in."""
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.get(pk=person.user_id))
    return browser


# --- everything that is done ------------------------------------------------------------------------------------------


def purchase(world: World, post: Callable[..., Any], name: str) -> str:
    """A purchase of the canary's, which both partners know; its Nimbbl order."""
    nimbbl = f"o_{name}"
    world.partners.tell(merchant_order_id=name, onemg_order_id=f"PO{name}", nimbbl_order_id=nimbbl)
    answer = Client().post(
        "/api/orders/",
        content_type="application/json",
        headers={"Authorization": f"Token {world.api_key}"},
        data={
            "merchant_order_id": name,
            "onemg_order_id": f"PO{name}",
            "payment_method": "ONLINE",
            "payable_amount": "652.36",
            "nimbbl_order_id": nimbbl,
        },
    )
    assert answer.status_code == 201, answer.content
    body = order_update(f"PO{name}", 15)
    told = document(body)
    told |= {"merchant_order_id": name, "user": {"email": MAIL, "contact_number": PHONE}}
    told["delivery_address"] |= {"name": NAME, "street1": STREET, "contact_number": PHONE}
    assert post(body).status_code == 200
    return nimbbl


@contextlib.contextmanager
def repeating(world: World, settings: Any, how: Callable[[str, str], wire.Behaviour]) -> Iterator[None]:
    """Both partners repeat what they were sent: `how` makes an answer of the request's head and body."""
    started: list[wire.Partner] = []

    def behave(stream: Any) -> None:
        request = started[0].requests[-1]
        world.wire.append(request)
        head, _, body = request.decode("utf-8").partition("\r\n\r\n")
        if "generate-token" in head:
            wire.answering(200, json.dumps({"token": NIMBBL_TOKEN}).encode())(stream)
        else:
            how(head, body)(stream)

    with wire.listening(behave) as partner:
        started.append(partner)
        before = settings.ONEMG_BASE_URL
        settings.ONEMG_BASE_URL = settings.NIMBBL_BASE_URL = partner.url
        settings.PARTNER_HOSTS = settings.PARTNER_HOSTS | {partner.host}
        try:
            yield
        finally:
            outbox.drain(20)
            settings.ONEMG_BASE_URL = settings.NIMBBL_BASE_URL = before


def _lines(head: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in head.split("\r\n")[1:])


def _bearer(head: str) -> str:
    return _lines(head).get("Authorization", "no-token").rpartition(" ")[2]


def _page(head: str, body: str) -> wire.Behaviour:
    page = f"<html><h1>Bad gateway</h1><pre>{body}\n{head}</pre></html>"
    return wire.answering(502, page.encode())


def _first(head: str, body: str) -> wire.Behaviour:
    """The bare token at the very start, with nothing that tells what it is."""
    return wire.answering(200, (_bearer(head) + " was the token of " + body).encode())


def _message(code: int) -> Callable[[str, str], wire.Behaviour]:
    def how(head: str, body: str) -> wire.Behaviour:
        headers = _lines(head)
        words = f"{_bearer(head)} {headers.get('X-Access-Key')} may not send {body}"
        told = {"is_success": False, "error": {"message": words, "nimbbl_merchant_message": words}}
        return wire.answering(code, json.dumps(told).encode())

    return how


def _document(head: str, body: str) -> wire.Behaviour:
    told = {
        "is_success": True,
        "data": {"request": {"headers": _lines(head), "body": json.loads(body)}},
        "status": head,
        "order_id": body,
    }
    return wire.answering(200, json.dumps(told).encode())


def _headers(head: str, body: str) -> wire.Behaviour:
    key = _lines(head).get("X-Access-Key", ACCESS_KEY)
    return wire.answering(500, b"{}", f"X-Debug: {_bearer(head)}", f"X-Of: {key}", f"X-Body: {body}")


REPEATS = {
    "page": _page,
    "bare": _first,
    "400": _message(400),
    "500": _message(500),
    "200": _message(200),
    "document": _document,
    "headers": _headers,
}


def both(name: str, nimbbl: str, asha: Actor) -> list[PartnerCall]:
    """A confirmation and an update."""
    first = carried(services.confirm(name, by=asha))
    return [first, carried(services.update_order(nimbbl, CHANGES, by=asha))]


@pytest.fixture
def done(world: World, post: Callable[..., Any], asha: Actor, settings: Any) -> World:
    """Everything that may happen has happened."""
    names = iter(f"M{number}" for number in range(100))
    found: list[PartnerCall] = []
    for kind in ("fine", "order-not-found", "html", "reset", "redirect-307", "unauthorized", "too-many", "wrong-types"):
        name = next(names)
        nimbbl = purchase(world, post, name)
        world.partners.misbehave(f"PO{name}", kind, on="confirm")
        world.partners.misbehave(nimbbl, "not-applied" if kind == "fine" else kind, on="update")
        found += both(name, nimbbl, asha)
    for how in REPEATS.values():
        name = next(names)
        nimbbl = purchase(world, post, name)
        with repeating(world, settings, how):
            found += both(name, nimbbl, asha)
    _fixed_token(world, post, asha, settings, next(names))
    _wrong_credentials(world, post, asha, settings, next(names))
    _broken_database(world, post, asha, next(names))
    _unreachable(world, post, asha, settings, next(names))
    assert {call.state for call in found} >= {State.SUCCEEDED, State.REJECTED, State.UNKNOWN, State.INTENDED}
    return world


def _fixed_token(world: World, post: Any, asha: Actor, settings: Any, name: str) -> None:
    settings.ONEMG_PRIVATE_KEY, settings.ONEMG_BEARER_TOKEN = "", FIXED_TOKEN
    nimbbl = purchase(world, post, name)
    with repeating(world, settings, _message(500)):
        both(name, nimbbl, asha)
    settings.ONEMG_PRIVATE_KEY, settings.ONEMG_BEARER_TOKEN = world.pem, ""


def _wrong_credentials(world: World, post: Any, asha: Actor, settings: Any, name: str) -> None:
    nimbbl = purchase(world, post, name)
    world.partners.misbehave(f"PO{name}", "order-not-found", on="confirm")
    PartnerToken.objects.all().delete()
    settings.NIMBBL_ACCESS_SECRET = ACCESS_SECRET + "-wrong"
    both(name, nimbbl, asha)
    settings.NIMBBL_ACCESS_SECRET = ACCESS_SECRET
    PartnerToken.objects.all().delete()
    for bad in ("-----BEGIN RSA PRIVATE KEY-----\n" + world.pem[40:200], world.pem[:900]):
        settings.ONEMG_PRIVATE_KEY = bad
        carried(services.confirm(name, by=asha))
        with contextlib.suppress(SystemExit):
            call_command("check_partners", stdout=io.StringIO(), stderr=io.StringIO())
    settings.ONEMG_PRIVATE_KEY = world.pem


def _broken_database(world: World, post: Any, asha: Actor, name: str) -> None:
    nimbbl = purchase(world, post, name)
    browser = browser_of(asha)
    with refusing(name, "orders_timelineentry", "group_id"):
        assert press(browser, f"/orders/{name}/confirm/").status_code == 500
        form = {**ADDRESS, "ip_address": ADDRESS_IP, "user_agent": AGENT, "attributes": f"gift = {GIFT}", "sure": "1"}
        assert browser.post(f"/orders/{name}/nimbbl-update/", form).status_code == 500
    world.partners.misbehave(f"PO{name}", "slow", on="confirm", seconds=0.6)
    world.partners.misbehave(nimbbl, "slow", on="update", seconds=0.6)
    services.confirm(name, by=asha)
    services.update_order(nimbbl, CHANGES, by=asha)
    with refusing(name, "orders_timelineentry", "group_id"):
        outbox.drain(20)
    assert set(PartnerCall.objects.filter(group=name).values_list("state", flat=True)) == {State.SENDING}


def _unreachable(world: World, post: Any, asha: Actor, settings: Any, name: str) -> None:
    nimbbl, before = purchase(world, post, name), (settings.ONEMG_BASE_URL, settings.NIMBBL_BASE_URL)
    host = f"127.0.0.1:{free_port()}"
    settings.PARTNER_HOSTS = settings.PARTNER_HOSTS | {host}
    settings.ONEMG_BASE_URL = settings.NIMBBL_BASE_URL = f"http://{host}"
    both(name, nimbbl, asha)
    settings.ONEMG_BASE_URL, settings.NIMBBL_BASE_URL = before


# --- where it may not be ----------------------------------------------------------------------------------------------


def hits(text: str, words: list[str]) -> list[str]:
    """Which of them stand in it, plainly or as JSON and HTML write them."""
    return [word for word in words if word in text or json.dumps(word)[1:-1] in text]


def test_O32_T16_nothing_of_it_is_in_the_log(done: World) -> None:
    told = "\n".join(done.log)

    assert '"logger": "payments.outbox"' in told  # the broken database was told of
    assert "1mg gave no answer" in told
    assert hits(told, done.secrets() + PERSONAL) == []


ACTING = (
    "payments.PartnerCall",
    "orders.Act",
    "payments.PartnerToken",
    "django_q.OrmQ",
    "django_q.Schedule",
    "django_q.Task",
    "admin.LogEntry",
    "orders.ApiKey",
)


def test_O32_T16_nothing_of_it_is_in_the_rows_of_acting(done: World) -> None:
    rows = everything()
    found = {
        (label, key, column): hits(str(value), done.secrets() + PERSONAL)
        for label in ACTING
        for key, row in rows[label].items()
        for column, value in row.items()
    }

    assert len(rows["payments.PartnerCall"]) > 35
    assert {where: words for where, words in found.items() if words} == {}


def test_O32_T16_no_secret_is_in_any_row(done: World) -> None:
    found = {label: hits(str(rows), done.secrets()) for label, rows in everything().items()}

    assert {label: words for label, words in found.items() if words} == {}


def test_O32_control_the_canary_is_where_it_must_be(done: World) -> None:
    rows = everything()
    sent = b"\n".join(done.wire).decode() + str([(r.headers, r.body) for r in done.partners.requests])

    assert hits(str(rows["orders.OrderGroup"]), [NAME, PHONE, STREET, MAIL]) == [NAME, PHONE, STREET, MAIL]
    assert hits(str(rows["payments.Payment"]), [STREET, AGENT]) == [STREET, AGENT]
    wanted = [ACCESS_KEY, ACCESS_SECRET, ONEMG_KEY, NIMBBL_TOKEN, FIXED_TOKEN, NAME, STREET, AGENT, GIFT]
    assert hits(sent, wanted) == wanted
    assert len(done.bearers()) > 4
    repeated = [request for request in done.wire if NIMBBL_TOKEN.encode() in request]
    assert len(repeated) >= len(REPEATS)


PAGES = (
    "/orders/",
    "/calls/",
    "/calls/?state=unknown",
    "/deliveries/",
    "/partners/",
    "/register/",
    "/admin/",
    "/admin/payments/partnercall/",
    "/admin/payments/payment/",
    "/admin/orders/ordergroup/",
)


def shown(browser: Client, *, confirmations_only: bool = False) -> dict[str, str]:
    """Every page by its address, as this browser is shown it; whatever is not allowed is part of it."""
    found = PartnerCall.objects.filter(operation="confirm") if confirmations_only else PartnerCall.objects.all()
    calls = list(found.values_list("pk", flat=True))
    paths = ["/calls/", *[f"/calls/{pk}/" for pk in calls]]
    if not confirmations_only:
        groups = list(OrderGroup.objects.values_list("pk", flat=True))
        paths += [*PAGES, *[f"/admin/payments/partnercall/{pk}/change/" for pk in calls]]
        paths += [f"/orders/{pk}/{page}" for pk in groups for page in ("", "confirm/", "nimbbl-update/")]
        paths += [f"/calls/{pk}/resend/" for pk in calls]
    return {path: browser.get(path).content.decode() for path in paths}


def leaks(pages: dict[str, str], words: list[str]) -> dict[str, list[str]]:
    """Address -> what stands there and should not."""
    return {path: found for path, text in pages.items() if (found := hits(text, words))}


def test_O32_T16_a_viewer_is_shown_neither_secrets_nor_people(done: World, as_role: Callable[[str], Client]) -> None:
    assert leaks(shown(as_role("Viewer")), done.secrets() + PERSONAL) == {}


def test_O32_T16_operations_and_administrators_are_shown_no_secret(
    done: World, asha: Actor, as_role: Callable[[str], Client]
) -> None:
    operations = browser_of(asha)

    assert leaks(shown(operations), done.secrets()) == {}
    assert leaks(shown(operations, confirmations_only=True), PERSONAL) == {}
    assert leaks(shown(as_role("Administrator")), done.secrets()) == {}


def test_O32_control_operations_are_shown_the_address(done: World, asha: Actor) -> None:
    operations = browser_of(asha)

    assert leaks(shown(operations), [STREET]) != {}


def test_O32_T16_the_check_of_the_partners_says_no_secret(done: World, settings: Any) -> None:
    out = io.StringIO()
    with contextlib.suppress(SystemExit):
        call_command("check_partners", stdout=out, stderr=out)
    with repeating(done, settings, _message(500)), contextlib.suppress(SystemExit):
        call_command("check_partners", stdout=out, stderr=out)

    assert "Nimbbl" in out.getvalue()
    assert hits(out.getvalue(), done.secrets()) == []


def test_O32_no_object_and_no_error_shows_what_it_holds(world: World, settings: Any) -> None:
    onemg, nimbbl = clients.for_onemg(), clients.for_nimbbl()
    assert onemg
    assert nimbbl
    now = timezone.now()
    requests = [onemg.confirm("M1", "PO1", now=now), nimbbl.token(), nimbbl.update("o_1", CHANGES, NIMBBL_TOKEN)]
    told: list[object] = [onemg, nimbbl, *requests, Token(NIMBBL_TOKEN, timedelta())]
    told.append(http.Response(200, {"x": NIMBBL_TOKEN}, NIMBBL_TOKEN.encode(), 1))
    told += [PartnerToken(sealed=NIMBBL_TOKEN), Payment(nimbbl_order_id="o_1", known=CHANGES, wanted=CHANGES)]
    for request in requests:
        with pytest.raises(http.NotSent) as refused:
            http.send(request, hosts=())
        told.append(refused.value)
    world.partners.misbehave("token", "reset")
    with pytest.raises(http.Trouble) as caught:
        tokens.current(nimbbl, SharedToken.of(nimbbl), seconds=2)
    PartnerToken.objects.all().delete()
    world.partners.behave("token")
    world.partners.misbehave("token", "unauthorized")
    with pytest.raises(NotTold) as said:
        tokens.current(nimbbl, SharedToken.of(nimbbl), seconds=2)
    told += [caught.value, said.value]

    shown_words = " ".join(f"{one} {one!r} {getattr(one, 'user_message', '')}" for one in told)
    assert hits(shown_words, [*world.secrets(), *PERSONAL]) == []
    assert hits(str([request.headers for request in requests]), [ONEMG_KEY, NIMBBL_TOKEN]) == [ONEMG_KEY, NIMBBL_TOKEN]
