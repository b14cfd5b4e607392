"""A refund that waits for a person of ours is on the desk: 1mg asks over the wire, Nimbbl is played on a socket."""

from __future__ import annotations

import importlib
import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.desk import sentences
from orders.models import ApiKey, Need, OrderGroup
from payments import services as calls
from payments.models import PartnerCall, Refund
from payments.refunds import services
from tests.orders.test_services import differences
from tests.payments import conftest as acting
from tests.payments.conftest import speak
from tests.payments.refunds import conftest as paying
from tests.webhooks.refunds import ask

key_pair, partners, buy, asha = acting.key_pair, acting.partners, acting.buy, acting.asha
cancelled, ravi = paying.cancelled, paying.ravi

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], Client]
Cancelled = Callable[..., OrderGroup]
LATER = 1_700_000_600
_numbers = itertools.count(1)


@pytest.fixture
def asked(cancelled: Cancelled) -> Refund:
    """₹100 of a purchase that was paid and cancelled; 1mg has asked for it."""
    cancelled()
    assert ask()[0] == 200
    return Refund.objects.get()


def needed() -> dict[str, Any] | None:
    """The need as the API has it; nothing where there is none."""
    _key, secret = ApiKey.issue(f"shop {next(_numbers)}")
    told = Client().get("/api/orders/M1/", headers={"Authorization": f"Token {secret}"}).json()
    return next((one for one in told["needs"] if one["cause"] == "refund_asked"), None)


def said() -> str:
    """What it says, with the time of day as HH:MM."""
    found = needed()
    return re.sub(r"\d\d:\d\d( on \d+ \w+)?", "HH:MM", found["text"]) if found else ""


def refused(partners: Partners, refund: Refund, by: Actor) -> Refund:
    """The refund, which Nimbbl has refused once."""
    partners.misbehave("o_M1", "error", on="refund", times=1)
    services.approve(refund, by=by)
    return paying.carried(refund)


# --- 1mg asks ---------------------------------------------------------------------------------------------------------


def test_what_1mg_asks_for_stands_on_now_and_leads_to_the_refund(asked: Refund, as_role: AsRole) -> None:
    answer = as_role("Operations").get("/?cause=refund_asked")
    page = answer.content.decode()

    assert [(line.group.pk, str(line.work.turn.label)) for line in answer.context["lines"]] == [("M1", "Us")]
    assert re.search(r"₹100\.00 to be paid back: 1mg asked at \d\d:\d\d", page)
    assert f'href="/refunds/{asked.pk}/"' in page


def test_who_may_not_pay_back_is_shown_it_without_the_button(asked: Refund, as_role: AsRole) -> None:
    (line,) = as_role("Viewer").get("/?cause=refund_asked").context["lines"]

    assert line.work.link is None


@pytest.mark.parametrize("path", ["/orders/M1/", "/orders/?cause=refund_asked", "/api/metrics/", "/limits/"])
def test_the_pages_that_list_causes_have_it(asked: Refund, as_role: AsRole, path: str) -> None:
    _key, secret = ApiKey.issue("prometheus")
    metrics = {"headers": {"Authorization": f"Token {secret}"}}
    answer = Client().get(path, **metrics) if "api" in path else as_role("Administrator").get(path)  # type: ignore[arg-type]

    words = {"/api/metrics/": 'portal_needs_due{cause="refund_asked"} 1.0'}
    assert words.get(path, "Refund to decide") in answer.content.decode()


def test_the_api_says_it_with_four_hours(asked: Refund) -> None:
    found = needed()

    assert found
    assert (found["turn"], found["order_id"]) == ("us", None)
    since, until = (datetime.fromisoformat(found[name]) for name in ("since", "until"))
    assert (since, until - since) == (asked.stands_since, timedelta(hours=4))
    assert said() == "₹100.00 to be paid back: 1mg asked at HH:MM, nobody has decided"


def test_asked_again_it_has_waited_since_the_first_time(asked: Refund) -> None:
    ask()

    found = needed()
    assert found
    assert datetime.fromisoformat(found["since"]) == asked.stands_since


def test_of_several_the_oldest_counts(asked: Refund, asha: Actor) -> None:
    ask(amount=50)
    assert said() == "2 refunds; the oldest: ₹100.00 to be paid back: 1mg asked at HH:MM, nobody has decided"

    services.decline(asked, by=asha, why="It was delivered")

    assert said() == "₹50.00 to be paid back: 1mg asked at HH:MM, nobody has decided"


def test_where_the_policy_pays_nobody_is_called(cancelled: Cancelled, settings: Any) -> None:
    settings.REFUND_POLICY, settings.REFUND_AUTO_LIMIT = "auto", Decimal(500)
    cancelled()

    ask()

    assert (Refund.objects.get().state != "waiting", needed()) == (True, None)


def test_what_1mg_says_meanwhile_leaves_it(asked: Refund, post: Callable[..., Any]) -> None:
    before = needed()

    speak(post, "M1", 99, LATER)

    assert (needed(), before is not None, differences()) == (before, True, "")


def test_it_is_compared_like_every_need(asked: Refund) -> None:
    Need.objects.filter(clock="refund_asked").delete()

    assert "purchase.need.refund_asked" in differences()


# --- somebody decides -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decide", ["approve", "decline"])
def test_once_somebody_has_decided_it_is_gone(asked: Refund, asha: Actor, decide: str) -> None:
    getattr(services, decide)(asked, by=asha, why="Seen")

    assert (needed(), OrderGroup.objects.get().refund_to_decide, differences()) == (None, None, "")
    paying.carried(asked)
    assert needed() is None


def test_a_second_person_is_called(asked: Refund, settings: Any, asha: Actor, ravi: Actor) -> None:
    settings.REFUND_SECOND_PERSON_ABOVE = Decimal("99.99")
    services.approve(asked, by=asha)
    assert said() == "₹100.00 to be paid back: approved at HH:MM, a second person is to approve it too"

    services.approve(asked, by=ravi)

    assert needed() is None


def test_what_nimbbl_refuses_comes_back_with_a_clock_of_its_own(asked: Refund, partners: Partners, asha: Actor) -> None:
    first = asked.stands_since

    refused(partners, asked, asha)

    found = needed()
    assert found
    assert said() == "Nimbbl did not pay back ₹100.00 (HH:MM): send it again or decline it"
    assert datetime.fromisoformat(found["since"]) == asked.stands_since > first


def test_sent_again_and_paid_it_is_gone(asked: Refund, partners: Partners, asha: Actor) -> None:
    refused(partners, asked, asha)

    services.send_again(asked, by=asha, why="Nimbbl says to try again")

    assert (paying.carried(asked).state, needed(), differences()) == ("paid", None, "")


def test_what_nimbbl_took_and_could_not_pay_comes_back(cancelled: Cancelled, partners: Partners, asha: Actor) -> None:
    cancelled(refund_status="pending")
    ask()
    refund = services.approve(Refund.objects.get(), by=asha)
    assert (paying.carried(refund).state, needed()) == ("accepted", None)
    partners.books.change("M1", refund_status="failed")

    services.ask_nimbbl(refund)

    assert said() == "Nimbbl did not pay back ₹100.00 (HH:MM): send it again or decline it"


@pytest.mark.parametrize(("worked", "there"), [(True, False), (False, True)])
def test_a_doubt_is_no_decision_until_it_is_settled(
    asked: Refund, partners: Partners, asha: Actor, worked: bool, there: bool
) -> None:
    partners.misbehave("o_M1", "reset", on="refund", times=1)
    services.approve(asked, by=asha)
    assert (paying.carried(asked).state, needed()) == ("unknown", None)

    calls.settle(PartnerCall.objects.get(), worked=worked, why="Seen at Nimbbl", by=asha)

    assert (needed() is not None) is there


# --- words, and refunds of before -------------------------------------------------------------------------------------


def test_of_another_day_the_day_is_named(asked: Refund) -> None:
    told = {"since": "2026-01-14T06:30:00+00:00", "refund_id": 1, "amount": "921.19", "why": "asked", "many": 1}
    group = OrderGroup(pk="M1", refund_to_decide=told)

    said = sentences.of(
        Need(group=group, clock="refund_asked", cause=65, many=0), group, datetime(2026, 1, 15, tzinfo=UTC)
    )

    assert said == "₹921.19 to be paid back: 1mg asked at 12:00 on 14 Jan, nobody has decided"


def test_one_that_was_decided_while_the_page_was_made_breaks_nothing(asked: Refund, as_role: AsRole) -> None:
    OrderGroup.objects.update(refund_to_decide=None)

    answer = as_role("Operations").get("/?cause=refund_asked")

    assert "A refund waited for a decision until just now" in answer.content.decode()


def test_refunds_of_before_are_told_by_the_migration(asked: Refund) -> None:
    before = OrderGroup.objects.get().refund_to_decide, needed()
    OrderGroup.objects.update(refund_to_decide=None)
    Need.objects.filter(clock="refund_asked").delete()

    with transaction.atomic():
        importlib.import_module("payments.migrations.0015_refunds_to_decide").tell(apps, None)

    assert (OrderGroup.objects.get().refund_to_decide, needed(), differences()) == (*before, "")
