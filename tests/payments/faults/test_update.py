"""An order's update at Nimbbl, and where we may call at all: rows O30, O31 and O33."""

from __future__ import annotations

from typing import Any

import pytest

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from payments import services
from payments.asking import CannotDo
from payments.choices import State
from payments.models import PartnerCall, Payment
from payments.partners.nimbbl import NEWER, OLDER
from payments.update_form import UpdateForm
from tests.payments.conftest import Buy, carried
from tests.payments.faults.acting import (
    ADDRESS,
    HOSTILE,
    OLD,
    elsewhere,
    last_line,
    long,
    pressed,
    stands,
    updated,
)
from tests.payments.partners import wire

pytestmark = pytest.mark.django_db(transaction=True)


# --- O30: update at Nimbbl --------------------------------------------------------------------------------------------


def test_O30_an_address_of_any_script_arrives_as_it_is_and_alone(buy: Buy, partners: Partners, asha: Actor) -> None:
    buy()

    call = updated(asha, {"shipping_address": ADDRESS})

    order = partners.books.find("o_M1")
    assert order
    assert (order.shipping_address, order.ip_address, order.custom_attributes) == (ADDRESS, None, None)
    assert partners.effects("M1")["updates"] == [["shipping_address"]]
    assert (call.state, call.said) == (State.SUCCEEDED, "Nimbbl took the update.")
    assert Payment.objects.get().known["shipping_address"] == ADDRESS


def form(known: dict[str, Any] | None = None, **data: str) -> UpdateForm:
    """The form as staff send it."""
    return UpdateForm(data, known=known or {})


def test_O30_what_is_empty_or_as_before_is_not_sent() -> None:
    changed = form(
        {"shipping_address": ADDRESS, "user_agent": "Mozilla"},
        **ADDRESS,
        user_agent="Mozilla",
        ip_address="",
        attributes="gift = yes",
    )

    assert changed.is_valid(), changed.errors
    assert changed.changes() == {"custom_attributes": {"gift": "yes"}}


def test_O30_nothing_new_is_nothing_to_send() -> None:
    assert form({"shipping_address": ADDRESS}, **ADDRESS).errors["__all__"].as_data()[0].code == "unchanged"


@pytest.mark.parametrize(
    "attributes",
    ["a = " + "x" * 10_000, "\n".join(f"name{n} = {'x' * 200}" for n in range(50)), "no equals", "a=1\na=2"],
)
def test_O30_attributes_beyond_reason_are_refused(attributes: str) -> None:
    assert "attributes" in form(attributes=attributes).errors


def test_O30_the_service_refuses_what_nimbbl_has_no_name_for(buy: Buy, partners: Partners, asha: Actor) -> None:
    buy()

    with pytest.raises(CannotDo, match="knows no total_amount"):
        services.update_order("o_M1", {"total_amount": "1"}, by=asha)
    with pytest.raises(CannotDo, match="Nothing changes"):
        services.update_order("o_M1", {}, by=asha)

    assert (PartnerCall.objects.count(), len(partners.requests)) == (0, 0)


#: Kind -> state, words, whether Nimbbl changed the order.
UPDATES: dict[str, tuple[State, str, bool]] = {
    "fine": (State.SUCCEEDED, "Nimbbl took the update.", True),
    "echoes-as-shipping-address": (State.SUCCEEDED, "Nimbbl took the update.", True),
    "not-applied": (State.SUCCEEDED, "did not apply: address_1, street", False),
    "another-order-id": (State.UNKNOWN, "names another order", True),
    "error": (State.REJECTED, "Nimbbl refused the update: “", False),
    "error-in-200": (State.REJECTED, "Nimbbl refused the update: “", False),
    "error-as-text": (State.UNKNOWN, "HTTP 500: Internal Server Error", False),
    "error-with-status": (State.REJECTED, "“The order is locked” (422)", False),
    "error-with-message": (State.REJECTED, "“The order is locked” (400)", False),
    "error-nested": (State.REJECTED, "“The order is locked” (400)", False),
    "error-legacy": (State.REJECTED, "(400)", False),
    "error-mobile": (State.REJECTED, "It was refused.", False),
    "error-encrypted": (State.REJECTED, "encrypted", False),
    "error-in-transaction": (State.REJECTED, "answer 400", False),
    "error-as-failure-reason": (State.REJECTED, "answer 400", False),
    "error-empty": (State.REJECTED, "answer 400 without a reason", False),
    "error-without-body": (State.REJECTED, "answer 400 without a reason", False),
    "server-error-in-html": (State.UNKNOWN, "Nimbbl failed: answer 500", False),
    "bad-gateway": (State.UNKNOWN, "Nimbbl failed: answer 502", False),
    "html": (State.UNKNOWN, "cannot be read", False),
    "empty": (State.UNKNOWN, "cannot be read", False),
    "list": (State.UNKNOWN, "cannot be read", False),
    "null": (State.UNKNOWN, "cannot be read", False),
    "reset": (State.UNKNOWN, "whether it acted is not known", True),
    "half-json": (State.UNKNOWN, "whether it acted is not known", True),
    "times-out-after-acting": (State.UNKNOWN, "whether it acted is not known", True),
    "redirect-307": (State.REJECTED, "redirects (307)", False),
    "missing": (State.REJECTED, f"Nimbbl has no {OLDER} (404). Its pages name {NEWER} as well", False),
    "method-not-allowed": (State.REJECTED, "an administrator may set NIMBBL_UPDATE_ORDER to that", False),
}


@pytest.mark.parametrize("kind", UPDATES)
def test_O30_every_answer_of_nimbbls_has_its_meaning(kind: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    state, words, changed = UPDATES[kind]
    group = buy(shipping_address=OLD)
    partners.misbehave("o_M1", kind, on="update", **long(kind))

    call = updated(asha, {"shipping_address": ADDRESS})

    order = partners.books.find("o_M1")
    assert order
    assert call.state == state
    assert words in call.said
    assert (order.shipping_address == ADDRESS) == changed
    assert (last_line(), stands(group)) == (call.said, "none")
    assert partners.effects("M1")["updates_received"] == 1


def test_O30_the_other_endpoint_serves_once_it_is_configured(
    buy: Buy, partners: Partners, asha: Actor, settings: Any
) -> None:
    buy()
    settings.NIMBBL_UPDATE_ORDER = NEWER

    call = updated(asha)

    assert (call.method, call.url) == ("PATCH", f"{partners.base_url}/api/v3/order")
    assert f"Its pages name {OLDER} as well" in call.said


@pytest.mark.parametrize("answer", HOSTILE)
def test_O30_no_answer_is_so_odd_that_it_cannot_be_written_down(
    answer: str, buy: Buy, asha: Actor, settings: Any
) -> None:
    buy()
    first = updated(asha)
    with wire.listening(wire.answering(200, HOSTILE[answer])) as odd:
        elsewhere(settings, "NIMBBL_BASE_URL", odd.host)
        call = updated(asha, {"user_agent": "Firefox"})

    assert first.state == State.SUCCEEDED
    assert call.state in (State.UNKNOWN, State.REJECTED)


def test_O30_an_update_in_doubt_may_be_asked_for_anew_and_one_under_way_may_not(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    buy()
    partners.misbehave("o_M1", "times-out-before-acting", on="update", times=1, seconds=4)
    first = services.update_order("o_M1", {"user_agent": "a"}, by=asha)
    with pytest.raises(CannotDo, match="An update by asha is under way"):
        services.update_order("o_M1", {"user_agent": "b"}, by=asha)

    assert carried(first).state == State.UNKNOWN
    assert updated(asha, {"user_agent": "b"}).state == State.SUCCEEDED


# --- O31, O33: where we may call --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254",
        "https://169.254.169.254",
        "file:///etc",
        "http://127.0.0.1:9",
        "https://1mg.example",
        "https://api.1mg.com@127.0.0.1",
        "https://[::1",
    ],
)
def test_O31_a_base_url_that_is_not_allowed_gets_nothing(url: str, buy: Buy, asha: Actor, settings: Any) -> None:
    group = buy()
    settings.ONEMG_BASE_URL = url

    call = pressed(group, asha)

    assert (call.state, call.answer_code, stands(group)) == (State.REJECTED, None, "rejected")
    assert call.said.startswith("The connection to 1mg breaks our own rules; nothing was sent.")


def test_O33_a_proxy_of_the_environment_sees_nothing(
    buy: Buy, partners: Partners, asha: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = buy()
    with wire.listening(wire.answering()) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        call = pressed(group, asha)

    assert (call.state, proxy.connections) == (State.SUCCEEDED, 0)
