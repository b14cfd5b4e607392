"""1mg's refunds over the wire, with Nimbbl played on a socket: rows M14, M15, M18 and M19."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connections
from django.test import Client
from django.utils import timezone

from onemg_portal.sandbox.partners import nimbbl_webhooks as nimbbl
from onemg_portal.sandbox.partners.kinds import KINDS
from onemg_portal.sandbox.partners.server import Partners
from onemg_portal.sandbox.partners.turn import Turn
from onemg_portal.sandbox.partners.wire import Answer
from orders import purchases as orders
from orders.actors import Actor
from orders.models import Act, GroupedOrder, OrderGroup
from payments import tasks
from payments.models import PartnerCall, Refund, RefundRequest
from payments.refunds import requests, rules, services
from tests import plugin
from tests.conftest import TOKEN as UPDATES_TOKEN
from tests.conftest import document, order_update
from tests.payments import conftest as acting
from tests.payments.conftest import Buy
from tests.payments.refunds import conftest as paying
from tests.until import until
from tests.webhooks.refunds import ask, look, posted
from webhooks.models import RejectedAttempt

key_pair, partners, buy, asha = acting.key_pair, acting.partners, acting.buy, acting.asha
cancelled, ravi = paying.cancelled, paying.ravi

pytestmark = pytest.mark.django_db(transaction=True)
only_postgresql = pytest.mark.skipif(
    plugin.WANTED != "postgresql", reason="SQLite lets one writer in at a time: no race to lose"
)
Cancelled = Callable[..., OrderGroup]


@pytest.fixture
def auto(settings: Any) -> None:
    """Up to ₹500 nobody is asked."""
    settings.REFUND_POLICY, settings.REFUND_AUTO_LIMIT = "auto", Decimal(500)


def judged() -> list[str]:
    """What the requests were judged to be, the first one first."""
    return list(RefundRequest.objects.order_by("pk").values_list("judged", flat=True))


# --- the policy -------------------------------------------------------------------------------------------------------


def test_M18_by_default_a_person_approves_and_1mg_is_told_PENDING(cancelled: Cancelled, partners: Partners) -> None:
    cancelled()

    answer = ask(unique_id="RF-7")

    named = {"unique_id": "RF-7", "order_id": "POM1", "refund_amount": 100.0}
    assert answer == (200, {"status": "PENDING", "message": "Kept; the refund is being looked at.", **named})
    assert (Refund.objects.get().state, partners.effects("M1")["refunds_received"]) == ("waiting", 0)


@pytest.mark.parametrize("slash", ["", "/"])
def test_once_nimbbl_has_taken_it_1mg_is_told_SUCCESS(cancelled: Cancelled, asha: Actor, slash: str) -> None:
    cancelled()
    ask(unique_id="RF-7")
    before = look("RF-7", slash=slash)[1]["status"]

    services.approve(Refund.objects.get(), by=asha)
    paying.carried(Refund.objects.get())

    assert (before, look("RF-7", slash=slash)[1]["status"], ask()[1]["status"]) == ("PENDING", "SUCCESS", "SUCCESS")


def test_once_it_is_declined_1mg_is_told_FAILED_however_often_it_asks(cancelled: Cancelled, asha: Actor) -> None:
    cancelled()
    ask(unique_id="RF-7")

    services.decline(Refund.objects.get(), by=asha, why="It was delivered")

    assert (look("RF-7")[1]["status"], ask()[1]["status"], ask()[1]["status"]) == ("FAILED", "FAILED", "FAILED")
    assert Refund.objects.count() == 1


@pytest.mark.usefixtures("auto")
@pytest.mark.parametrize(("amount", "state"), [("500.00", "paid"), ("500.01", "waiting")])
def test_M18_up_to_the_limit_it_is_paid_by_itself(cancelled: Cancelled, amount: str, state: str) -> None:
    cancelled()

    assert ask(amount=amount)[1]["status"] == "PENDING"

    assert paying.carried(Refund.objects.get()).state == state


@pytest.mark.usefixtures("auto")
def test_M18_the_second_person_comes_before_the_policy(cancelled: Cancelled, settings: Any) -> None:
    settings.REFUND_SECOND_PERSON_ABOVE = Decimal(50)
    cancelled()
    ask()

    assert paying.carried(Refund.objects.get()).state == "waiting"


# --- M14: asked twice -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("auto")
def test_M14_asked_again_with_other_unique_ids_it_is_paid_once(cancelled: Cancelled, partners: Partners) -> None:
    cancelled()
    ask(unique_id="RF-1")
    paying.carried(Refund.objects.get())

    answers = [ask(unique_id=f"RF-{n}") for n in range(2, 6)] + [ask("M1", "100.00", "RF-6")]

    assert [answer["status"] for _code, answer in answers] == ["SUCCESS"] * 5
    assert partners.effects("M1")["refunds"] == ["100.00"]
    assert judged() == ["new", *["same"] * 5]
    assert {look(f"RF-{n}")[1]["status"] for n in range(1, 7)} == {"SUCCESS"}


@pytest.mark.usefixtures("auto")
def test_M14_the_same_unique_id_again_is_answered_by_how_it_stands(cancelled: Cancelled, partners: Partners) -> None:
    cancelled()
    before = ask(unique_id="RF-1")
    paying.carried(Refund.objects.get())

    again = ask(unique_id="RF-1")

    assert (before[1]["status"], again[1]["status"], judged()) == ("PENDING", "SUCCESS", ["new", "replay"])
    assert partners.effects("M1")["refunds"] == ["100.00"]


def test_a_unique_id_stands_for_one_request(cancelled: Cancelled) -> None:
    cancelled("M1"), cancelled("M2")
    ask(unique_id="RF-1")

    others = [ask(amount=99, unique_id="RF-1"), ask("POM2", unique_id="RF-1"), ask("PO-nobody", unique_id="RF-1")]

    assert others == [(409, {"error": "Another request has this unique id."})] * 3
    assert (Refund.objects.count(), look("RF-1")[1]["order_id"]) == (1, "POM1")


@pytest.mark.usefixtures("auto")
def test_M14_an_equal_one_that_a_second_cancelled_order_explains_is_for_a_person(
    cancelled: Cancelled, partners: Partners, post: Callable[..., Any], asha: Actor
) -> None:
    cancelled()
    ask("M1")
    paying.carried(Refund.objects.get())
    second = order_update("POM1-2", 99)
    document(second)["merchant_order_id"], document(second)["group_order_id"] = "M1", "POM1"
    post(second)

    answers = [ask("M1"), ask("M1")]

    assert [answer["status"] for _code, answer in answers] == ["PENDING"] * 2
    assert judged() == ["new", "held", "same"]
    held = Refund.objects.get(state="waiting")
    services.approve(held, by=asha, why="Both were cancelled, each at ₹100")
    assert (paying.carried(held).state, partners.effects("M1")["refunds"]) == ("paid", ["100.00", "100.00"])


CROWD, COPIES, THREADS = 12, 8, 16


def crowd(count: int) -> Counter[int]:
    """Ask for the same refund of each purchase many times at once, each time by another unique id; the codes."""
    jobs = [f"POM{number}" for number in range(count)] * COPIES

    def one(order_id: str) -> int:
        try:
            return ask(order_id)[0]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(one, jobs))


@pytest.mark.usefixtures("auto")
def test_M14_in_a_crowd_each_is_paid_once(cancelled: Cancelled, partners: Partners) -> None:
    for number in range(CROWD):
        cancelled(f"M{number}")

    codes = crowd(CROWD)

    paying.all_carried()
    assert codes == {200: CROWD * COPIES}
    assert [partners.effects(f"M{n}")["refunds"] for n in range(CROWD)] == [["100.00"]] * CROWD
    assert Counter(judged()) == {"new": CROWD, "same": CROWD * (COPIES - 1)}


@contextmanager
def unlocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No purchase is locked: every thread looks before any writes."""
    monkeypatch.setattr(
        orders, "locked", lambda key: (OrderGroup.objects.get(pk=key), list(GroupedOrder.objects.filter(group=key)))
    )
    yield


@only_postgresql
def test_M14_control_without_the_lock_one_becomes_several(
    cancelled: Cancelled, partners: Partners, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled("M0")
    together, judge = threading.Barrier(COPIES, timeout=20), rules.judge

    def judged_together(*given: Any) -> Any:
        found = judge(*given)
        together.wait()
        return found

    monkeypatch.setattr("payments.refunds.requests.rules.judge", judged_together)
    with unlocked(monkeypatch):
        crowd(1)

    assert Refund.objects.count() == COPIES


# --- M15: never more than was captured --------------------------------------------------------------------------------


def test_M15_more_than_is_left_is_refused_kept_and_told_once(cancelled: Cancelled) -> None:
    cancelled()

    answers = [ask(amount=653), ask(amount=653)]

    assert answers == [(409, {"error": "More than is left of what was captured."})] * 2
    assert (judged(), Refund.objects.count()) == (["too_much", "too_much"], 0)
    told = [one.text for one in Act.objects.filter(act="refund_refused")]
    assert told == ["1mg asked for a refund of ₹653.00, of which ₹652.36 is left: refused"]


@pytest.mark.usefixtures("auto")
def test_M15_different_amounts_at_once_come_to_no_more_than_was_captured(
    cancelled: Cancelled, partners: Partners, asha: Actor
) -> None:
    cancelled()

    def one(paise: int) -> int:
        try:
            return ask("POM1", f"100.{paise:02}")[0]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        codes = Counter(pool.map(one, range(24)))
    paying.all_carried()
    for held in Refund.objects.filter(hold="money_unknown"):  # asked for while what was left was not known
        services.approve(held, by=asha, why="Nothing is under way any more")
    paying.all_carried()

    assert codes == {200: 6, 409: 18}
    assert len(partners.effects("M1")["refunds"]) == 6


@pytest.fixture
def let_go(partners: Partners, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Nimbbl pays the first refund at once and answers when it is let go: meanwhile it lists one of an unknown id."""
    answers = threading.Event()

    def held(turn: Turn) -> Answer:
        answer = turn.act()
        answers.wait(10)
        return answer

    monkeypatch.setitem(KINDS, "held", held)
    partners.misbehave("o_M1", "held", on="refund", times=1)
    yield answers
    answers.set()


@pytest.mark.usefixtures("auto")
def test_M15_one_put_off_while_another_is_under_way_is_paid_by_the_sweep(
    cancelled: Cancelled, partners: Partners, let_go: threading.Event
) -> None:
    cancelled()
    ask(amount="326.18")
    until(lambda: partners.effects("M1")["refunds"])
    ask(amount="326.17")
    until(lambda: PartnerCall.objects.filter(state="intended", attempts=1).exists())
    before = partners.effects("M1")["refunds_received"]

    let_go.set()
    paying.all_carried()

    assert (before, partners.effects("M1")["refunds"]) == (1, ["326.18", "326.17"])
    assert set(Refund.objects.values_list("state", flat=True)) == {"paid"}


@pytest.mark.usefixtures("auto")
def test_M15_beside_one_in_doubt_it_is_given_up_until_that_is_settled(
    cancelled: Cancelled, partners: Partners, asha: Actor
) -> None:
    cancelled()
    partners.misbehave("o_M1", "reset", on="refund", times=1)
    ask(amount="326.18")
    doubtful = paying.carried(Refund.objects.get())
    ask(amount="326.17")
    other = Refund.objects.latest("pk")
    paying.all_carried()
    other.refresh_from_db()
    stood = (doubtful.state, other.state, "Given up after 5 tries; nothing was sent." in other.said)

    order = partners.books.find("M1")
    assert order
    event = nimbbl.refund(order, "326.18", attempt=3, request_id=doubtful.refund_request_id)
    body = nimbbl.posted(nimbbl.sealed(event, partners.agreed.nimbbl_access_secret))
    assert Client().post("/nimbbl/events/", body, content_type="application/json").status_code == 200
    services.send_again(other, by=asha, why="The other one is paid")

    assert stood == ("unknown", "failed", True)
    assert (paying.carried(other).state, partners.effects("M1")["refunds"]) == ("paid", ["326.18", "326.17"])


def test_the_money_is_asked_for_where_nobody_knows_it(buy: Buy) -> None:
    buy(status=99)

    assert [ask(amount=653)[0], ask(amount=652)[0]] == [409, 200]


@pytest.mark.usefixtures("auto")
def test_where_nimbbl_cannot_be_asked_a_person_decides(buy: Buy, partners: Partners) -> None:
    buy(status=99)
    partners.misbehave("o_M1", "server-error", on="enquiry")

    assert (ask()[1]["status"], Refund.objects.get().hold) == ("PENDING", "money_unknown")


# --- M19: what nobody knows -------------------------------------------------------------------------------------------


def test_M19_about_an_order_that_nobody_knows_it_is_kept(db: None) -> None:
    assert ask("PO-nobody", unique_id="RF-1") == (404, {"error": "No such order."})

    kept = RefundRequest.objects.get()
    assert (kept.judged, kept.order_id, kept.group_id) == ("unknown", "PO-nobody", None)
    assert json.loads(bytes(kept.body))["order_id"] == "PO-nobody"
    assert look("RF-1") == (404, {"error": "No such order."})


def test_M19_once_the_order_is_known_the_same_request_is_judged_anew(cancelled: Cancelled) -> None:
    ask(unique_id="RF-1")
    cancelled()

    assert (ask(unique_id="RF-1")[0], judged()) == (200, ["unknown", "new"])


def test_M19_one_that_names_orders_of_two_purchases_is_nobodys(cancelled: Cancelled) -> None:
    cancelled("M1"), cancelled("M2")

    assert ask("POM1", merchant_order_id="M2")[0] == 404


@pytest.mark.parametrize("body", [b" ", b"[]", b'{"order_id": "POM1"}', b"\xff\x00", b'{"a":' * 100])
def test_M19_what_cannot_be_read_is_kept_and_answered_400(db: None, body: bytes) -> None:
    code, answer = posted(body)

    assert (code, list(answer), judged()) == (400, ["error"], ["unreadable"])
    assert bytes(RefundRequest.objects.get().body) == body


def test_a_unique_id_that_was_never_asked_with_is_404(db: None) -> None:
    assert look("RF-9") == (404, {"error": "No such refund request."})


# --- kept first -------------------------------------------------------------------------------------------------------


def test_what_was_kept_and_not_judged_is_judged_by_the_sweep(
    cancelled: Cancelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled()

    def away(*_: Any) -> None:
        raise DatabaseError

    with monkeypatch.context() as broken:
        broken.setattr(requests, "judge", away)
        code, answer = ask(unique_id="RF-1")
    assert (code, answer["status"], judged()) == (200, "PENDING", [""])
    assert look("RF-1")[1]["status"] == "PENDING"
    RefundRequest.objects.update(received_at=timezone.now() - timedelta(minutes=1))

    tasks.sweep_calls()

    assert (judged(), look("RF-1")[1]["status"], Refund.objects.count()) == (["new"], "PENDING", 1)


def test_an_amount_that_nobody_can_read_is_not_told_as_zero(
    cancelled: Cancelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(requests, "judge", away)

    assert ask(unique_id="RF-1", refund_amount="much")[1]["refund_amount"] is None


# --- the door ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "test-payment-9876543210", UPDATES_TOKEN])
def test_without_a_token_of_its_own_nothing_is_kept(cancelled: Cancelled, token: str | None) -> None:
    cancelled()

    assert posted(b"{}", token=token) == (401, {"error": "A valid token is required."})
    assert (RefundRequest.objects.count(), RejectedAttempt.objects.count()) == (0, 1)
    assert look("RF-1", token="test-payment-9876543210")[0] == 401


@pytest.mark.parametrize(
    ("path", "code"), [("/refund-requests", 400), ("/refund-requests/", 400), ("/Refund-Requests/", 404)]
)
def test_with_the_slash_and_without_and_never_a_redirect(db: None, path: str, code: int) -> None:
    assert posted(b"{}", path=path)[0] == code


def test_another_method_is_405(client: Any, db: None) -> None:
    asked, told = client.get("/refund-requests/"), client.post("/refund-requests/RF-1")

    assert (asked.status_code, asked["Allow"], told.status_code, told["Allow"]) == (405, "POST", 405, "GET")


@pytest.mark.parametrize(
    ("body", "more", "code"), [(b"{}", {"HTTP_CONTENT_ENCODING": "gzip"}, 415), (b" " * 64_001, {}, 413)]
)
def test_what_is_no_body_of_ours_is_refused_before_it_is_kept(
    db: None, body: bytes, more: dict[str, Any], code: int
) -> None:
    assert posted(body, **more)[0] == code
    assert RefundRequest.objects.count() == 0


def test_plain_http_is_refused_where_https_is_asked_for(settings: Any, db: None) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert posted(b"{}") == (403, {"error": "Use https."})


def test_many_wrong_tokens_are_throttled(settings: Any, db: None) -> None:
    settings.ONEMG_WEBHOOK_WRONG_TOKENS_A_MINUTE = 2

    assert [posted(b"{}", token="x" * 20)[0] for _ in range(3)] == [401, 401, 429]


@pytest.mark.parametrize("unique_id", ["RF%001", "%F0%9F%92%8A", "x" * 300, "..", "%2e%2e", "RF 1"])
def test_whatever_stands_in_the_address_is_looked_for(db: None, unique_id: str) -> None:
    assert look(unique_id)[0] == 404
