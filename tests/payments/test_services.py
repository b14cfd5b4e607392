"""Acting, from asking to the story: over real sockets, with threads that send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.models import Act
from payments import services
from payments.asking import NotReady
from payments.choices import State
from payments.models import PartnerCall
from tests.payments.conftest import Buy, carried, speak

pytestmark = pytest.mark.django_db(transaction=True)


def story(name: str = "M1") -> list[tuple[str, str]]:
    """What the timeline tells of calls."""
    return list(Act.objects.filter(group=name, kind="call").order_by("pk").values_list("source", "text"))


def test_a_confirmation_reaches_1mg_once_and_the_purchase_says_so(buy: Buy, partners: Partners, asha: Actor):
    group = buy()

    call = carried(services.confirm(group.pk, by=asha))

    group.refresh_from_db()
    assert (call.state, call.answer_code, call.said) == (State.SUCCEEDED, 200, "1mg confirmed the order.")
    assert group.confirmation_state == "confirmed"
    assert partners.effects("POM1")["confirms_taken"] == 1
    assert story() == [("person", "Confirm at 1mg asked for"), ("1mg", "1mg confirmed the order.")]


def test_a_second_press_is_stopped_by_the_first(buy: Buy, partners: Partners, asha: Actor):
    group = buy()
    carried(services.confirm(group.pk, by=asha))

    with pytest.raises(NotReady, match="Confirmed already, by asha"):
        services.confirm(group.pk, by=asha)

    assert partners.effects("POM1")["confirms_received"] == 1


def test_a_time_out_is_unknown_and_a_later_update_settles_it(
    buy: Buy, partners: Partners, asha: Actor, post: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("payments.sending.SECONDS", 1.0)
    group = buy()
    partners.misbehave("POM1", "times-out-after-acting", seconds=3)

    call = carried(services.confirm(group.pk, by=asha))
    in_doubt = (call.state, PartnerCall.objects.get().group.confirmation_state)
    speak(post, "M1", 130, 1_700_000_100)

    call.refresh_from_db()
    group.refresh_from_db()
    assert in_doubt == (State.UNKNOWN, "unknown")
    assert (call.state, call.settled_by, group.confirmation_state) == (State.SUCCEEDED, "update", "confirmed")
    assert story()[-1] == ("portal", "The confirmation worked: 1mg says Packaging.")


def while_1mg_thinks(asha: Actor, partners: Partners, buy: Buy, then: Callable[[PartnerCall], object]) -> PartnerCall:
    """Confirm; while 1mg thinks, let the sweep take the sending process for dead, and do something more."""
    group = buy()

    def meanwhile() -> None:
        PartnerCall.objects.update(sent_at="2026-01-01T00:00:00Z")
        services.sweep()
        then(PartnerCall.objects.get())
        connection.close()

    partners.misbehave("POM1", "fine", on="confirm", during=meanwhile)
    return carried(services.confirm(group.pk, by=asha))


def test_an_answer_counts_although_the_sweep_took_its_process_for_dead(buy: Buy, partners: Partners, asha: Actor):
    seen = []

    call = while_1mg_thinks(asha, partners, buy, lambda found: seen.append(found.state))

    assert seen == [State.UNKNOWN]
    assert (call.state, call.answer_code) == (State.SUCCEEDED, 200)
    assert call.group.confirmation_state == "confirmed"


def test_an_answer_after_a_person_settled_is_kept_and_told(buy: Buy, partners: Partners, asha: Actor):
    def give_up(found: PartnerCall) -> None:
        services.settle(found, worked=False, why="1mg said so", by=asha)

    call = while_1mg_thinks(asha, partners, buy, give_up)

    assert (call.state, call.answer_code) == (State.REJECTED, 200)
    assert story()[-1] == ("1mg", "An answer came after this was settled: 1mg confirmed the order.")
