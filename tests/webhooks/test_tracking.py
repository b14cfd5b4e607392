"""Asking 1mg over real sockets: rows M23 and M24."""

from __future__ import annotations

import contextlib
import html
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.models import Act, GroupedOrder, OrderGroup, OrderUpdate
from payments import outbox, services
from payments.asking import CannotDo
from payments.choices import SettledBy, State
from payments.models import PartnerCall
from tests.conftest import document, order_update
from tests.payments.cancelling.acting import cancelled
from tests.payments.conftest import Buy, asha, buy, carried, key_pair, partners
from tests.payments.faults.acting import T
from webhooks import services as deliveries
from webhooks import tracking
from webhooks.models import Delivery, Outcome, Source

__all__ = ["asha", "buy", "key_pair", "partners"]
pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], Client]


def knows(partners: Partners, status: int, updated: int = T + 100, order_id: str = "POM1") -> None:
    """1mg's own books say this of an order of M1, and 1mg has not told it."""
    body = order_update(order_id, status, updated)
    document(body).update(merchant_order_id="M1", group_order_id="POM1")
    partners.books.note(json.dumps(body).encode())


def asked(by: Actor, name: str = "M1") -> str:
    """What the story says last after somebody asked 1mg."""
    Act.objects.update(at="2026-01-01T00:00:00Z")
    tracking.ask(name, by=by)
    assert outbox.drain(30)
    return str(Act.objects.filter(group=name).order_by("-pk").values_list("text", flat=True)[0])


def compared() -> str:
    """What `rebuild_orders --compare` prints."""
    out = StringIO()
    with contextlib.suppress(CommandError):
        call_command("rebuild_orders", "--compare", stdout=out)
    return out.getvalue()


def text(response: Any) -> str:
    """A page's words."""
    return html.unescape(" ".join(response.content.decode().split()))


# --- M23: an update like any other ------------------------------------------------------------------------------------


def test_M23_news_is_applied_and_its_bytes_are_kept_as_they_came(buy: Buy, partners: Partners, asha: Actor) -> None:
    buy()
    knows(partners, 130)

    said = asked(asha)

    delivery = Delivery.objects.get(source=Source.TRACK)
    assert said == f"1mg answered with news (delivery #{delivery.pk})"
    assert bytes(delivery.body).startswith(b'{"data": {"result": {')
    assert (delivery.outcome, delivery.answer_code, delivery.token_fingerprint) == (Outcome.APPLIED, None, "")
    assert GroupedOrder.objects.get().status_id == 130
    assert OrderUpdate.objects.get(delivery_id=delivery.pk).status_id == 130


def test_M23_what_was_told_already_is_received_again(buy: Buy, partners: Partners, post: Any, asha: Actor) -> None:
    buy()
    body = order_update("POM1", 130, T + 100)
    document(body).update(merchant_order_id="M1", group_order_id="POM1")
    post(body)
    partners.books.note(json.dumps(body).encode())

    said = asked(asha)

    assert said.startswith("1mg answered, and nothing is new")
    assert Delivery.objects.get(source=Source.TRACK).outcome == Outcome.DUPLICATE


def test_M23_what_is_older_than_what_we_know_changes_nothing(buy: Buy, partners: Partners, asha: Actor) -> None:
    buy(status=130)
    knows(partners, 110, T - 500)

    said = asked(asha)

    assert said.startswith("1mg answered with what is older than what we know")
    assert GroupedOrder.objects.get().status_id == 130


def test_M23_rebuilding_and_replay_find_nothing_else(buy: Buy, partners: Partners, asha: Actor) -> None:
    buy()
    knows(partners, 130)
    asked(asha)
    delivery = Delivery.objects.get(source=Source.TRACK)

    again = deliveries.reprocess(delivery)

    assert again == Outcome.APPLIED
    assert compared() == "1 purchases folded, 0 differ\n"


def test_M23_its_delivery_can_be_read_and_says_where_it_is_from(
    buy: Buy, partners: Partners, asha: Actor, as_role: AsRole
) -> None:
    buy()
    knows(partners, 130)
    asked(asha)
    delivery = Delivery.objects.get(source=Source.TRACK)

    page = text(as_role("Operations").get(f"/deliveries/{delivery.pk}/"))

    assert "None: this is 1mg's own answer to us, who asked." in page
    assert '"source": "example-merchant"' in page


def test_M23_looking_back_shows_it_since_it_was_heard(
    buy: Buy, partners: Partners, asha: Actor, as_role: AsRole
) -> None:
    buy()
    before = OrderUpdate.objects.order_by("-pk")[0].received_at
    knows(partners, 130)
    asked(asha)

    then = text(as_role("Operations").get(f"/orders/M1/?as_of={before:%Y-%m-%dT%H:%M:%S.%fZ}"))

    assert "Placed" in then
    assert "Packaging" not in then


def test_M23_a_crash_before_it_is_applied_loses_nothing(buy: Buy, partners: Partners, asha: Actor) -> None:
    buy()
    knows(partners, 130)
    asked(asha)
    body = Delivery.objects.get(source=Source.TRACK).body
    OrderUpdate.objects.filter(status_id=130).delete()
    Delivery.objects.filter(source=Source.TRACK).delete()
    left = Delivery.objects.create(source=Source.TRACK, body=body, next_try_at="2026-01-01T00:00:00Z")

    deliveries.sweep()

    left.refresh_from_db()
    assert left.outcome == Outcome.APPLIED


def test_M23_a_cancellation_in_doubt_is_settled_by_what_1mg_answers(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    partners.misbehave("POM1", "html", on="cancel")
    call = cancelled(group, asha)
    knows(partners, 99)

    asked(asha)

    call.refresh_from_db()
    assert (call.state, call.settled_by) == (State.SUCCEEDED, SettledBy.UPDATE)
    assert OrderGroup.objects.get().doubt_since is None


def test_M23_a_confirmation_in_doubt_is_settled_by_what_1mg_answers(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    partners.misbehave("POM1", "html", on="confirm")
    call = carried(services.confirm(group.pk, by=asha))
    knows(partners, 130)

    asked(asha)

    call.refresh_from_db()
    assert (call.state, call.settled_by) == (State.SUCCEEDED, SettledBy.UPDATE)


def test_M23_an_answer_that_shows_nothing_settles_nothing(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    partners.misbehave("POM1", "html", on="cancel")
    call = cancelled(group, asha)
    knows(partners, 110)

    asked(asha)

    call.refresh_from_db()
    assert call.state == State.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("fine", "1mg does not know this purchase: “Order not found”."),
        ("html", "1mg answered 200, with something that tells nothing of the purchase."),
        ("unauthorized", "1mg does not accept our credentials (401)."),
        ("reset-before-acting", "No usable answer came back"),
        ("server-error", "1mg answered 500, with something that tells nothing of the purchase."),
    ],
)
def test_M23_any_other_answer_is_said_in_words_and_changes_nothing(
    kind: str, words: str, buy: Buy, partners: Partners, asha: Actor
) -> None:
    buy()
    partners.misbehave("M1", kind, on="track")
    before = GroupedOrder.objects.values().get()

    said = asked(asha)

    assert said.startswith(words)
    assert GroupedOrder.objects.values().get() == before
    assert not Delivery.objects.filter(source=Source.TRACK).exists()


def test_M23_it_is_asked_about_a_purchase_once_in_some_seconds(buy: Buy, partners: Partners, asha: Actor) -> None:
    buy()
    knows(partners, 130)
    asked(asha)

    with pytest.raises(CannotDo, match="only just been asked"):
        tracking.ask("M1", by=asha)

    assert partners.effects("M1")["tracks_received"] == 1


# --- M24: the path is a setting ---------------------------------------------------------------------------------------


def test_M24_the_path_is_the_settings(buy: Buy, partners: Partners, asha: Actor) -> None:
    buy()
    knows(partners, 130)

    asked(asha)

    (request,) = [request for request in partners.requests if request.path.endswith("/track")]
    assert (request.method, request.path) == ("GET", "/api/v4/merchants/demo-merchant/orders/M1/track")


def test_M24_a_path_that_is_not_1mgs_is_said(buy: Buy, partners: Partners, asha: Actor, settings: Any) -> None:
    buy()
    settings.ONEMG_TRACK_ORDER = "GET /wrong/{merchant_id}/{merchant_order_id}"

    assert "the path in ONEMG_TRACK_ORDER may be wrong" in asked(asha)


def test_M24_without_it_there_is_no_button_and_nobody_asks(
    buy: Buy, partners: Partners, asha: Actor, settings: Any, as_role: AsRole
) -> None:
    buy()
    browser = as_role("Operations")
    with_it = text(browser.get("/orders/M1/"))
    settings.ONEMG_TRACK_ORDER = ""

    without = text(browser.get("/orders/M1/"))

    assert ("Ask 1mg now" in with_it, "Ask 1mg now" in without) == (True, False)
    with pytest.raises(CannotDo, match="is not configured"):
        tracking.ask("M1", by=asha)


def test_M24_a_press_asks_and_the_purchase_shows_the_answer(buy: Buy, partners: Partners, as_role: AsRole) -> None:
    buy()
    knows(partners, 130)
    browser = as_role("Operations")

    response = browser.post("/orders/M1/track/")

    assert outbox.drain(30)
    page = text(browser.get("/orders/M1/"))
    assert (response.status_code, response["Location"]) == (302, "/orders/M1/")
    assert "Asked 1mg how it stands" in page
    assert "1mg answered with news" in page


def test_M24_a_viewer_may_not_ask(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    buy()
    viewer = as_role("Viewer")

    assert viewer.post("/orders/M1/track/").status_code == 403
    assert "Ask 1mg now" not in text(viewer.get("/orders/M1/"))
    assert not PartnerCall.objects.exists()
