"""What the partner answers, or does not, and what staff read of it: rows O1 to O16."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.models import GroupedOrder
from payments import services, states
from payments.asking import CannotDo, NotReady
from payments.choices import LIVE, SettledBy, State
from payments.models import LEASE, PartnerCall
from payments.partners import onemg
from payments.partners.http import Response
from tests.payments.conftest import Buy, carried, speak
from tests.payments.faults.acting import (
    HOSTILE,
    Post,
    T,
    by_1mg,
    due,
    elsewhere,
    last_line,
    pressed,
    seconds_until_next,
    stands,
    taken,
)
from tests.payments.partners import wire
from tests.server import free_port

pytestmark = pytest.mark.django_db(transaction=True)


# --- O1: the partner is not there -------------------------------------------------------------------------------------


def test_O1_a_partner_that_is_down_leaves_the_call_waiting(
    buy: Buy, asha: Actor, settings: Any, partners: Partners
) -> None:
    group = buy()
    elsewhere(settings, "ONEMG_BASE_URL", f"127.0.0.1:{free_port()}")

    call = pressed(group, asha)

    assert (call.state, call.attempts, stands(group)) == (State.INTENDED, 1, "in_flight")
    assert call.said == "1mg could not be reached; nothing was sent."
    assert 10 <= seconds_until_next(call) <= 20
    assert taken(partners) == (0, 0)


def test_O1_the_sweep_sends_it_once_its_time_has_come_and_not_before(
    buy: Buy, asha: Actor, settings: Any, partners: Partners
) -> None:
    group = buy()
    elsewhere(settings, "ONEMG_BASE_URL", f"127.0.0.1:{free_port()}")
    call = pressed(group, asha)
    settings.ONEMG_BASE_URL = partners.base_url

    services.sweep()
    early = taken(partners)
    due(call)
    services.sweep()

    call.refresh_from_db()
    assert (early, taken(partners)) == ((0, 0), (1, 1))
    assert (call.state, call.attempts, stands(group)) == (State.SUCCEEDED, 2, "confirmed")


def test_O1_after_five_tries_it_is_given_up_and_may_be_asked_for_anew(
    buy: Buy, asha: Actor, settings: Any, partners: Partners
) -> None:
    group = buy()
    elsewhere(settings, "ONEMG_BASE_URL", f"127.0.0.1:{free_port()}")
    call = pressed(group, asha)
    waits = [seconds_until_next(call)]
    while call.state == State.INTENDED:
        due(call)
        services.sweep()
        call.refresh_from_db()
        waits.append(seconds_until_next(call))

    assert (call.state, call.attempts, stands(group)) == (State.ABANDONED, states.MAX_ATTEMPTS, "none")
    assert last_line().endswith("Given up after 5 tries; nothing was sent.")
    assert [10 * 2**n <= wait <= 20 * 2**n for n, wait in enumerate(waits[:4])] == [True] * 4
    settings.ONEMG_BASE_URL = partners.base_url
    assert pressed(group, asha).state == State.SUCCEEDED
    assert taken(partners) == (1, 1)


# --- O2, O3: no answer in time ----------------------------------------------------------------------------------------

SILENT = {"times-out-before-acting": 0, "times-out-after-acting": 1}


@pytest.fixture(params=SILENT)
def doubtful(request: pytest.FixtureRequest, buy: Buy, partners: Partners, asha: Actor) -> PartnerCall:
    """A confirmation in doubt: 1mg said nothing in time. Afterwards it behaves."""
    group = buy()
    partners.misbehave("POM1", request.param, on="confirm", times=1, seconds=4)
    call = pressed(group, asha)
    assert (call.state, call.answer_code, stands(group)) == (State.UNKNOWN, None, "unknown")
    assert taken(partners) == (1, SILENT[request.param])
    return call


def test_O2_O3_what_may_have_acted_is_in_doubt_and_is_not_sent_again_by_itself(
    doubtful: PartnerCall, partners: Partners, asha: Actor
) -> None:
    PartnerCall.objects.update(not_before=timezone.now() - timedelta(hours=1), sent_at=timezone.now() - 2 * LEASE)
    services.sweep()

    with pytest.raises(NotReady, match="We don't know what came of the confirmation by asha"):
        services.confirm("M1", by=asha)
    doubtful.refresh_from_db()
    assert last_line() == "No usable answer came from 1mg: whether it acted is not known."
    assert (doubtful.state, partners.effects("M1")["confirms_received"]) == (State.UNKNOWN, 1)


@pytest.mark.parametrize(
    ("status", "state", "stands_now"),
    [
        (130, State.SUCCEEDED, "confirmed"),
        (30, State.SUCCEEDED, "confirmed"),
        (40, State.SUCCEEDED, "confirmed"),
        (99, State.ABANDONED, "rejected"),
        (95, State.ABANDONED, "rejected"),
        (160, State.UNKNOWN, "unknown"),
        (170, State.UNKNOWN, "unknown"),
        (777, State.UNKNOWN, "unknown"),
    ],
)
def test_O2_O3_an_update_that_shows_the_outcome_settles_it(
    doubtful: PartnerCall, post: Post, status: int, state: State, stands_now: str
) -> None:
    speak(post, "M1", status, T + 100)

    doubtful.refresh_from_db()
    assert (doubtful.state, stands(doubtful.group)) == (state, stands_now)
    assert doubtful.settled_by == ("" if state is State.UNKNOWN else SettledBy.UPDATE)


@pytest.mark.parametrize(
    ("worked", "state", "stands_now"), [(True, State.SUCCEEDED, "confirmed"), (False, State.REJECTED, "rejected")]
)
def test_O2_O3_a_person_settles_it_with_a_reason(
    doubtful: PartnerCall, asha: Actor, worked: bool, state: State, stands_now: str
) -> None:
    with pytest.raises(CannotDo, match="needs a reason"):
        services.settle(doubtful, worked=worked, why="  ", by=asha)
    services.settle(doubtful, worked=worked, why="Ravi of 1mg told me.", by=asha)

    doubtful.refresh_from_db()
    assert (doubtful.state, doubtful.settled_by, stands(doubtful.group)) == (state, SettledBy.PERSON, stands_now)
    assert last_line().endswith("says asha: “Ravi of 1mg told me.”")
    with pytest.raises(CannotDo, match="not in doubt"):
        services.settle(doubtful, worked=not worked, why="No, he did not.", by=asha)


def test_O2_O3_sent_again_it_succeeds_and_acts_once(doubtful: PartnerCall, partners: Partners, asha: Actor) -> None:
    again = carried(services.resend(doubtful, by=asha, why="1mg asks for it."))

    doubtful.refresh_from_db()
    assert (doubtful.state, doubtful.settled_by) == (State.ABANDONED, SettledBy.RESEND)
    assert (again.state, again.resend_of_id, stands(again.group)) == (State.SUCCEEDED, doubtful.pk, "confirmed")
    assert taken(partners) == (2, 1)


@pytest.mark.parametrize("refusal", ["cancelled-before-confirmation", "order-not-found", "not-a-success", "forbidden"])
def test_O2_O3_a_refusal_of_the_second_sending_leaves_the_doubt(
    doubtful: PartnerCall, partners: Partners, asha: Actor, refusal: str
) -> None:
    partners.misbehave("POM1", refusal, on="confirm")

    again = carried(services.resend(doubtful, by=asha, why="1mg asks for it."))

    assert (again.state, stands(again.group)) == (State.UNKNOWN, "unknown")
    assert again.said.endswith("The sending before this one may have worked all the same.")
    assert PartnerCall.objects.filter(state__in=LIVE).count() == 1


@pytest.mark.parametrize("refusal", ["cancelled-before-confirmation", "order-not-found", "not-a-success", "forbidden"])
def test_O2_O3_control_the_same_refusal_of_a_first_sending_is_one(
    buy: Buy, partners: Partners, asha: Actor, refusal: str
) -> None:
    group = buy()
    partners.misbehave("POM1", refusal, on="confirm")

    assert (pressed(group, asha).state, stands(group)) == (State.REJECTED, "rejected")


def test_O2_O3_given_up_before_it_is_sent_again_the_doubt_stays(
    doubtful: PartnerCall, partners: Partners, asha: Actor, settings: Any
) -> None:
    elsewhere(settings, "ONEMG_BASE_URL", f"127.0.0.1:{free_port()}")
    again = carried(services.resend(doubtful, by=asha, why="1mg asks for it."))

    services.drop(again, by=asha)

    again.refresh_from_db()
    assert (again.state, stands(again.group)) == (State.UNKNOWN, "unknown")
    assert partners.effects("M1")["confirms_received"] == 1


def test_O2_O3_sending_again_needs_a_reason_and_a_doubt(doubtful: PartnerCall, partners: Partners, asha: Actor) -> None:
    with pytest.raises(CannotDo, match="reason"):
        services.resend(doubtful, by=asha, why=" ")
    services.settle(doubtful, worked=True, why="Seen at 1mg.", by=asha)
    with pytest.raises(CannotDo, match="not in doubt"):
        services.resend(doubtful, by=asha, why="Once more.")

    assert partners.effects("M1")["confirms_received"] == 1


def test_O3_an_update_that_came_before_the_time_ran_out_settles_it_at_once(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    group, told = buy(), list[str]()
    partners.misbehave(
        "POM1", "times-out-after-acting", on="confirm", during=lambda: told.append(by_1mg(130)), seconds=4
    )

    call = pressed(group, asha)

    assert told[0] == "SUCCESS"
    assert (call.state, call.settled_by, stands(group)) == (State.SUCCEEDED, SettledBy.UPDATE, "confirmed")


def test_O3_control_news_from_before_the_press_prove_nothing(
    buy: Buy, partners: Partners, asha: Actor, post: Post
) -> None:
    group = buy(status=130)
    speak(post, "M1", 15, T + 50)  # back again: an override is the only way on
    GroupedOrder.objects.update(review_flags=[])
    partners.misbehave("POM1", "times-out-before-acting", on="confirm", seconds=4)

    assert pressed(group, asha).state == State.UNKNOWN


# --- O4 to O14, O16: answers, good and bad ----------------------------------------------------------------------------

#: Kind -> state, code, whether 1mg acted, words that staff read.
ANSWERS: dict[str, dict[str, tuple[State, int | None, int, str]]] = {
    "O4": {
        "reset": (State.UNKNOWN, None, 1, "whether it acted is not known"),
        "reset-before-acting": (State.UNKNOWN, None, 0, "whether it acted is not known"),
        "half-json": (State.UNKNOWN, None, 1, "whether it acted is not known"),
    },
    "O5": {"order-not-found": (State.REJECTED, 500, 0, "1mg does not know this order: “Order not found”")},
    "O6": {"cancelled-before-confirmation": (State.REJECTED, 500, 0, "cancelled before it was confirmed")},
    "O7": {
        "server-error": (State.UNKNOWN, 500, 0, "1mg answered 500"),
        "server-error-in-html": (State.UNKNOWN, 500, 0, "1mg answered 500 with something that cannot be read"),
        "bad-gateway": (State.UNKNOWN, 502, 0, "1mg answered 502"),
        "unavailable": (State.UNKNOWN, 503, 0, "1mg answered 503"),
        "gateway-timeout": (State.UNKNOWN, 504, 0, "1mg answered 504"),
        "missing": (State.UNKNOWN, 404, 0, "1mg answered 404"),
    },
    "O8": {"not-a-success": (State.REJECTED, 200, 0, "“Payment could not be verified”")},
    "O9": {"partial": (State.UNKNOWN, 200, 1, "in part only")},
    "O10": {
        "wrong-echo": (State.UNKNOWN, 200, 1, "names another order"),
        "no-echo": (State.UNKNOWN, 200, 1, "names another order"),
    },
    "O11": {
        "empty": (State.UNKNOWN, 200, 0, "cannot be read"),
        "html": (State.UNKNOWN, 200, 0, "cannot be read"),
        "list": (State.UNKNOWN, 200, 0, "cannot be read"),
        "null": (State.UNKNOWN, 200, 0, "cannot be read"),
        "not-json": (State.UNKNOWN, 200, 0, "cannot be read"),
        "wrong-types": (State.UNKNOWN, 200, 0, "does not say whether the order was confirmed"),
    },
    "O12": {
        "drip-body": (State.UNKNOWN, None, 1, "whether it acted is not known"),
        "drip-headers": (State.UNKNOWN, None, 1, "whether it acted is not known"),
    },
    "O13": {
        "gzip-bomb": (State.UNKNOWN, None, 1, "whether it acted is not known"),
        "endless": (State.UNKNOWN, None, 1, "whether it acted is not known"),
    },
    "O14": {
        **{f"redirect-{code}": (State.REJECTED, code, 0, f"redirects ({code})") for code in (301, 302, 303, 307, 308)},
        "redirect-away": (State.REJECTED, 307, 0, "the base URL is wrong"),
        "redirect-loop": (State.REJECTED, 307, 0, "the base URL is wrong"),
    },
    "O16": {
        "unauthorized": (State.REJECTED, 401, 0, "does not accept our credentials (401)"),
        "forbidden": (State.REJECTED, 403, 0, "does not accept our credentials (403)"),
    },
}


def answered(row: str, kind: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    """One press, whose outcome is as the table says in the call, on the purchase, in its story and at 1mg."""
    state, code, acted, words = ANSWERS[row][kind]
    group = buy()
    partners.misbehave("POM1", kind, on="confirm")
    started = time.monotonic()

    call = pressed(group, asha)

    assert (call.state, call.answer_code, stands(group)) == (state, code, str(state))
    assert words in call.said
    assert last_line() == call.said
    assert taken(partners) == (1, acted)
    assert time.monotonic() - started < 5
    services.sweep()
    assert taken(partners) == (1, acted)


@pytest.mark.parametrize("kind", ANSWERS["O4"])
def test_O4_an_answer_that_breaks_off_is_a_doubt(kind: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    answered("O4", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O5"])
def test_O5_an_order_that_1mg_does_not_know_is_a_refusal(kind: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    answered("O5", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O6"])
def test_O6_a_cancelled_order_is_a_refusal(kind: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    answered("O6", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O7"])
def test_O7_a_code_that_1mg_does_not_describe_is_a_doubt(kind: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    answered("O7", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O8"])
def test_O8_a_200_that_says_no_is_a_refusal(kind: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    answered("O8", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O9"])
def test_O9_a_part_is_no_success_and_blocks_the_next_press(
    kind: str, buy: Buy, partners: Partners, asha: Actor
) -> None:
    answered("O9", kind, buy, partners, asha)

    with pytest.raises(NotReady, match="settle that first"):
        services.confirm("M1", by=asha)


@pytest.mark.parametrize("kind", ANSWERS["O10"])
def test_O10_an_answer_about_another_order_is_a_doubt(kind: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    answered("O10", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O11"])
def test_O11_an_answer_that_is_none_is_a_doubt(kind: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    answered("O11", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O12"])
def test_O12_a_drip_ends_by_our_clock_in_a_doubt(kind: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    answered("O12", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O13"])
def test_O13_an_answer_without_end_is_a_doubt(kind: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    answered("O13", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O14"])
def test_O14_a_redirect_is_an_error_of_the_configuration(kind: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    answered("O14", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O16"])
def test_O16_credentials_that_are_refused_are_tried_once(kind: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    answered("O16", kind, buy, partners, asha)


def test_O8_O9_O10_O11_control_who_judges_by_the_code_believes_them_all() -> None:
    misjudged = {kind: code for row in ("O8", "O9", "O10", "O11") for kind, (_s, code, *_r) in ANSWERS[row].items()}

    assert set(misjudged.values()) == {200}


@pytest.mark.parametrize("answer", HOSTILE)
@pytest.mark.parametrize("code", [200, 500, 429])
def test_O11_no_answer_is_so_odd_that_it_cannot_be_written_down(
    answer: str, code: int, buy: Buy, asha: Actor, settings: Any
) -> None:
    group = buy()
    with wire.listening(wire.answering(code, HOSTILE[answer], "X-Odd: \xff\xe9")) as odd:
        elsewhere(settings, "ONEMG_BASE_URL", odd.host)
        call = pressed(group, asha)

    wanted = {200: {State.UNKNOWN, State.REJECTED}, 500: {State.UNKNOWN}, 429: {State.INTENDED}}
    assert call.state in wanted[code]
    assert (call.answer_code, len(odd.requests)) == (code, 1)


# --- O15: TLS ---------------------------------------------------------------------------------------------------------


def test_O15_a_host_that_cannot_prove_its_name_gets_nothing(
    buy: Buy, asha: Actor, settings: Any, tmp_path: Path
) -> None:
    group = buy()
    with wire.listening(wire.answering(), wire.authority(tmp_path).server(self_signed=True)) as false:
        elsewhere(settings, "ONEMG_BASE_URL", false.host, "https")
        call = pressed(group, asha)

    assert (call.state, stands(group), false.requests) == (State.REJECTED, "rejected", [])
    assert call.said.startswith("The connection to 1mg breaks our own rules; nothing was sent.")


# --- the reading itself -----------------------------------------------------------------------------------------------


def test_O9_O10_control_the_honest_answer_is_a_success() -> None:
    body = b'{"data":{"merchant_order_id":"M1","order_id":"PO1"},"partial_complete":false,"is_success":true}'
    ids = {"merchant_order_id": "M1", "order_id": "PO1"}

    assert onemg.read_confirm(Response(200, {}, body, 1), **ids, now=timezone.now()).state is State.SUCCEEDED
