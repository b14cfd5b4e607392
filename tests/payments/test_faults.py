"""The outgoing half of the fault catalogue, rows O1 to O33, from a person's press to what staff read.

The partners are played over real sockets; what really happened there is read from their books. How the wire itself is
bounded is `test_http.py`'s, crashes and crowds are `tests/faults/test_acting.py`'s.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.utils import timezone

from onemg_portal.sandbox.partners.server import Partners
from orders import purchases as orders
from orders.models import Act, GroupedOrder, OrderGroup
from payments import services, states
from payments.choices import LIVE, Operation, Partner, SettledBy, State
from payments.models import LEASE, PartnerCall, Payment
from payments.partners import onemg
from payments.partners.http import Response
from payments.partners.nimbbl import NEWER, OLDER
from payments.services import CannotDo, NotReady, Person
from payments.update_form import UpdateForm
from tests import plugin
from tests.conftest import TOKEN, document, order_update
from tests.payments import wire
from tests.payments.conftest import Buy, between, carried, speak
from tests.server import free_port
from tests.until import until

pytestmark = pytest.mark.django_db(transaction=True)
only_postgresql = pytest.mark.skipif(
    plugin.WANTED != "postgresql", reason="SQLite lets one writer in at a time: no race to lose"
)

Post = Callable[..., Any]
T = 1_700_000_000
ADDRESS = {
    "address_1": "Flat 7, Ānanda Bhavan",
    "street": "महात्मा गांधी मार्ग",
    "landmark": "opp. “Café № 9”",
    "area": "Indira Nagar",
    "city": "Bengaluru",
    "state": "Karnataka",
    "pincode": "560038",
    "address_type": "home",
}

OLD = ADDRESS | {"address_1": "12 Old Lane", "street": "Old Street"}


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits fifteen seconds for a partner that says nothing."""
    monkeypatch.setattr("payments.sending.SECONDS", 1.5)


def pressed(group: OrderGroup, by: Person, **more: Any) -> PartnerCall:
    """The confirmation after somebody pressed and its thread has done with it."""
    return carried(services.confirm(group.pk, by=by, **more))


def stands(group: OrderGroup) -> str:
    """How the purchase's confirmation stands."""
    return OrderGroup.objects.get(pk=group.pk).confirmation_state


def last_line(name: str = "M1") -> str:
    """What staff read last of a call in the purchase's story."""
    lines = Act.objects.filter(group=name, kind="call").order_by("-pk")
    return str(lines.values_list("text", flat=True)[0])


def taken(partners: Partners, name: str = "M1") -> tuple[int, int]:
    """How many confirmations reached 1mg, and how many had an effect there."""
    effects = partners.effects(name)
    return effects["confirms_received"], effects["confirms_taken"]


def elsewhere(settings: Any, name: str, host: str, scheme: str = "http") -> None:
    """The partner of this variable is at another address, which is allowed."""
    setattr(settings, name, f"{scheme}://{host}")
    settings.PARTNER_HOSTS = settings.PARTNER_HOSTS | {host}


def long(kind: str) -> dict[str, Any]:
    """The options of a kind: silence ends some time after we have given up."""
    return {"seconds": 4} if kind.startswith("times-out") else {}


def read(group: OrderGroup) -> str:
    """The mark of the page that somebody reads now."""
    return services.look(OrderGroup.objects.get(pk=group.pk)).mark


def due(call: PartnerCall) -> None:
    """Make a waiting call's time come."""
    PartnerCall.objects.filter(pk=call.pk).update(not_before=timezone.now() - timedelta(minutes=1))


def seconds_until_next(call: PartnerCall) -> float:
    """How long a waiting call waits from when its try ended."""
    assert call.finished_at
    return (call.not_before - call.finished_at).total_seconds()


def by_1mg(status: int, updated: int = T + 100, name: str = "M1") -> tuple[str, float]:
    """1mg posts an update by itself, from another thread; what it is told, and after how many seconds."""
    body = order_update(f"PO{name}", status, updated)
    document(body)["merchant_order_id"] = name
    started = time.monotonic()
    try:
        answer = Client().post(
            "/update-status/", data=body, content_type="application/json", headers={"Authorization": f"Token {TOKEN}"}
        )
        return answer.json()["status"], time.monotonic() - started
    finally:
        connections.close_all()


# --- O1: the partner is not there -------------------------------------------------------------------------------------


def test_O1_a_partner_that_is_down_leaves_the_call_waiting(
    buy: Buy, asha: Person, settings: Any, partners: Partners
) -> None:
    group = buy()
    elsewhere(settings, "ONEMG_BASE_URL", f"127.0.0.1:{free_port()}")

    call = pressed(group, asha)

    assert (call.state, call.attempts, stands(group)) == (State.INTENDED, 1, "in_flight")
    assert call.said == "1mg could not be reached; nothing was sent."
    assert 10 <= seconds_until_next(call) <= 20
    assert taken(partners) == (0, 0)


def test_O1_the_sweep_sends_it_once_its_time_has_come_and_not_before(
    buy: Buy, asha: Person, settings: Any, partners: Partners
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
    buy: Buy, asha: Person, settings: Any, partners: Partners
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
def doubtful(request: pytest.FixtureRequest, buy: Buy, partners: Partners, asha: Person) -> PartnerCall:
    """A confirmation in doubt: 1mg said nothing in time. Afterwards it behaves."""
    group = buy()
    partners.misbehave("POM1", request.param, on="confirm", times=1, seconds=4)
    call = pressed(group, asha)
    assert (call.state, call.answer_code, stands(group)) == (State.UNKNOWN, None, "unknown")
    assert taken(partners) == (1, SILENT[request.param])
    return call


def test_O2_O3_what_may_have_acted_is_in_doubt_and_is_not_sent_again_by_itself(
    doubtful: PartnerCall, partners: Partners, asha: Person
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
    doubtful: PartnerCall, asha: Person, worked: bool, state: State, stands_now: str
) -> None:
    with pytest.raises(CannotDo, match="needs a reason"):
        services.settle(doubtful, worked=worked, why="  ", by=asha)
    services.settle(doubtful, worked=worked, why="Ravi of 1mg told me.", by=asha)

    doubtful.refresh_from_db()
    assert (doubtful.state, doubtful.settled_by, stands(doubtful.group)) == (state, SettledBy.PERSON, stands_now)
    assert last_line().endswith("says asha: Ravi of 1mg told me.")
    with pytest.raises(CannotDo, match="not in doubt"):
        services.settle(doubtful, worked=not worked, why="No, he did not.", by=asha)


def test_O2_O3_sent_again_it_succeeds_and_acts_once(doubtful: PartnerCall, partners: Partners, asha: Person) -> None:
    again = carried(services.resend(doubtful, by=asha, why="1mg asks for it."))

    doubtful.refresh_from_db()
    assert (doubtful.state, doubtful.settled_by) == (State.ABANDONED, SettledBy.RESEND)
    assert (again.state, again.resend_of_id, stands(again.group)) == (State.SUCCEEDED, doubtful.pk, "confirmed")
    assert taken(partners) == (2, 1)


@pytest.mark.parametrize("refusal", ["cancelled-before-confirmation", "order-not-found", "not-a-success", "forbidden"])
def test_O2_O3_a_refusal_of_the_second_sending_leaves_the_doubt(
    doubtful: PartnerCall, partners: Partners, asha: Person, refusal: str
) -> None:
    partners.misbehave("POM1", refusal, on="confirm")

    again = carried(services.resend(doubtful, by=asha, why="1mg asks for it."))

    assert (again.state, stands(again.group)) == (State.UNKNOWN, "unknown")
    assert again.said.endswith("The sending before this one may have worked all the same.")
    assert PartnerCall.objects.filter(state__in=LIVE).count() == 1


@pytest.mark.parametrize("refusal", ["cancelled-before-confirmation", "order-not-found", "not-a-success", "forbidden"])
def test_O2_O3_control_the_same_refusal_of_a_first_sending_is_one(
    buy: Buy, partners: Partners, asha: Person, refusal: str
) -> None:
    group = buy()
    partners.misbehave("POM1", refusal, on="confirm")

    assert (pressed(group, asha).state, stands(group)) == (State.REJECTED, "rejected")


def test_O2_O3_given_up_before_it_is_sent_again_the_doubt_stays(
    doubtful: PartnerCall, partners: Partners, asha: Person, settings: Any
) -> None:
    elsewhere(settings, "ONEMG_BASE_URL", f"127.0.0.1:{free_port()}")
    again = carried(services.resend(doubtful, by=asha, why="1mg asks for it."))

    services.drop(again, by=asha)

    again.refresh_from_db()
    assert (again.state, stands(again.group)) == (State.UNKNOWN, "unknown")
    assert partners.effects("M1")["confirms_received"] == 1


def test_O2_O3_sending_again_needs_a_reason_and_a_doubt(
    doubtful: PartnerCall, partners: Partners, asha: Person
) -> None:
    with pytest.raises(CannotDo, match="reason"):
        services.resend(doubtful, by=asha, why=" ")
    services.settle(doubtful, worked=True, why="Seen at 1mg.", by=asha)
    with pytest.raises(CannotDo, match="not in doubt"):
        services.resend(doubtful, by=asha, why="Once more.")

    assert partners.effects("M1")["confirms_received"] == 1


def test_O3_an_update_that_came_before_the_time_ran_out_settles_it_at_once(
    buy: Buy, partners: Partners, asha: Person
) -> None:
    group, told = buy(), list[tuple[str, float]]()
    partners.misbehave(
        "POM1", "times-out-after-acting", on="confirm", during=lambda: told.append(by_1mg(130)), seconds=4
    )

    call = pressed(group, asha)

    assert told[0][0] == "SUCCESS"
    assert (call.state, call.settled_by, stands(group)) == (State.SUCCEEDED, SettledBy.UPDATE, "confirmed")


def test_O3_control_news_from_before_the_press_prove_nothing(
    buy: Buy, partners: Partners, asha: Person, post: Post
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


def answered(row: str, kind: str, buy: Buy, partners: Partners, asha: Person) -> None:
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
def test_O4_an_answer_that_breaks_off_is_a_doubt(kind: str, buy: Buy, partners: Partners, asha: Person) -> None:
    answered("O4", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O5"])
def test_O5_an_order_that_1mg_does_not_know_is_a_refusal(kind: str, buy: Buy, partners: Partners, asha: Person) -> None:
    answered("O5", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O6"])
def test_O6_a_cancelled_order_is_a_refusal(kind: str, buy: Buy, partners: Partners, asha: Person) -> None:
    answered("O6", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O7"])
def test_O7_a_code_that_1mg_does_not_describe_is_a_doubt(kind: str, buy: Buy, partners: Partners, asha: Person) -> None:
    answered("O7", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O8"])
def test_O8_a_200_that_says_no_is_a_refusal(kind: str, buy: Buy, partners: Partners, asha: Person) -> None:
    answered("O8", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O9"])
def test_O9_a_part_is_no_success_and_blocks_the_next_press(
    kind: str, buy: Buy, partners: Partners, asha: Person
) -> None:
    answered("O9", kind, buy, partners, asha)

    with pytest.raises(NotReady, match="settle that first"):
        services.confirm("M1", by=asha)


@pytest.mark.parametrize("kind", ANSWERS["O10"])
def test_O10_an_answer_about_another_order_is_a_doubt(kind: str, buy: Buy, partners: Partners, asha: Person) -> None:
    answered("O10", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O11"])
def test_O11_an_answer_that_is_none_is_a_doubt(kind: str, buy: Buy, partners: Partners, asha: Person) -> None:
    answered("O11", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O12"])
def test_O12_a_drip_ends_by_our_clock_in_a_doubt(kind: str, buy: Buy, partners: Partners, asha: Person) -> None:
    answered("O12", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O13"])
def test_O13_an_answer_without_end_is_a_doubt(kind: str, buy: Buy, partners: Partners, asha: Person) -> None:
    answered("O13", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O14"])
def test_O14_a_redirect_is_an_error_of_the_configuration(kind: str, buy: Buy, partners: Partners, asha: Person) -> None:
    answered("O14", kind, buy, partners, asha)


@pytest.mark.parametrize("kind", ANSWERS["O16"])
def test_O16_credentials_that_are_refused_are_tried_once(kind: str, buy: Buy, partners: Partners, asha: Person) -> None:
    answered("O16", kind, buy, partners, asha)


def test_O8_O9_O10_O11_control_who_judges_by_the_code_believes_them_all() -> None:
    misjudged = {kind: code for row in ("O8", "O9", "O10", "O11") for kind, (_s, code, *_r) in ANSWERS[row].items()}

    assert set(misjudged.values()) == {200}


HOSTILE = {
    "NUL in a page": b"<html>\x00\x00 gone</html>",
    "NUL in JSON": b'{"is_success": false, "error": {"message": "a\\u0000b"}}',
    "half of a character": b'{"is_success": false, "error": {"message": "a\\ud800b"}}',
    "half of a character as a key": b'{"\\udfff": 1, "\\u0000": 2}',
    "not UTF-8": b"\xff\xfe\xfa",
    "a number beyond any range": b'{"is_success": true, "status_code": 1e99999999999999999999}',
    "a number of very many digits": b'{"is_success": true, "status_code": ' + b"9" * 5000 + b"}",
    "deeper than any reader goes": b"[" * 100_000,
    "NaN": b'{"is_success": NaN}',
}


@pytest.mark.parametrize("answer", HOSTILE)
@pytest.mark.parametrize("code", [200, 500, 429])
def test_O11_no_answer_is_so_odd_that_it_cannot_be_written_down(
    answer: str, code: int, buy: Buy, asha: Person, settings: Any
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
    buy: Buy, asha: Person, settings: Any, tmp_path: Path
) -> None:
    group = buy()
    with wire.listening(wire.answering(), wire.authority(tmp_path).server(self_signed=True)) as false:
        elsewhere(settings, "ONEMG_BASE_URL", false.host, "https")
        call = pressed(group, asha)

    assert (call.state, stands(group), false.requests) == (State.REJECTED, "rejected", [])
    assert call.said.startswith("The connection to 1mg breaks our own rules; nothing was sent.")


# --- O17, O19, O20: Nimbbl's token ------------------------------------------------------------------------------------


def updated(by: Person, changes: dict[str, Any] | None = None, name: str = "o_M1") -> PartnerCall:
    """An update at Nimbbl after its thread has done with it."""
    return carried(services.update_order(name, changes or {"user_agent": "Mozilla"}, by=by))


def test_O17_a_token_that_is_always_refused_is_renewed_once_and_the_call_made_twice(
    buy: Buy, partners: Partners, asha: Person
) -> None:
    buy()
    partners.misbehave("o_M1", "unauthorized", on="update")

    call = updated(asha)

    assert (partners.token_calls, partners.effects("M1")["updates_received"]) == (2, 2)
    assert (call.state, call.answer_code) == (State.REJECTED, 401)
    assert call.said.startswith("Nimbbl does not accept our credentials (401).")


def test_O17_a_token_that_died_early_is_renewed_and_the_update_is_made(
    buy: Buy, partners: Partners, asha: Person
) -> None:
    buy()
    first = updated(asha)
    partners.expire_tokens()

    second = updated(asha, {"user_agent": "Firefox"})

    assert (first.state, second.state) == (State.SUCCEEDED, State.SUCCEEDED)
    assert partners.token_calls == 2
    assert partners.effects("M1")["updates"] == [["user_agent"], ["user_agent"]]


def test_O17_control_while_it_lives_one_token_serves_every_call(buy: Buy, partners: Partners, asha: Person) -> None:
    buy()
    for agent in ("a", "b", "c"):
        updated(asha, {"user_agent": agent})

    assert partners.token_calls == 1


@pytest.mark.parametrize(
    "kind", ["token-without-expiry", "token-with-past-expiry", "token-with-odd-expiry", "skewed-date"]
)
def test_O19_a_token_that_says_no_good_end_serves_for_a_short_time(
    kind: str, buy: Buy, partners: Partners, asha: Person
) -> None:
    buy()
    partners.misbehave("token", kind)

    states_seen = {updated(asha, {"user_agent": agent}).state for agent in ("a", "b")}

    assert states_seen == {State.SUCCEEDED}
    assert partners.token_calls == 1


@pytest.mark.parametrize("kind", ["unavailable", "html", "empty", "reset-before-acting", "times-out-before-acting"])
def test_O20_without_a_token_nothing_is_sent_and_nobody_asks_all_the_time(
    kind: str, buy: Buy, partners: Partners, asha: Person
) -> None:
    buy()
    partners.misbehave("token", kind, **long(kind))

    call = updated(asha)
    asked = partners.token_calls
    services.sweep()

    assert partners.effects("M1")["updates_received"] == 0
    assert (asked, partners.token_calls) == (1, 1)
    assert call.said.startswith(("Nimbbl could not be reached; nothing was sent.", "Not sent: Nimbbl gives no token: "))
    assert (call.state == State.INTENDED) == bool(Payment.objects.get().wanted)


def test_O20_an_update_waits_for_nimbbl_to_come_back(buy: Buy, partners: Partners, asha: Person, settings: Any) -> None:
    buy()
    settings.NIMBBL_BASE_URL, back = f"http://127.0.0.1:{free_port()}", settings.NIMBBL_BASE_URL
    elsewhere(settings, "NIMBBL_BASE_URL", settings.NIMBBL_BASE_URL.removeprefix("http://"))
    call = updated(asha)
    waiting = (call.state, call.attempts)
    settings.NIMBBL_BASE_URL = back
    due(call)

    services.sweep()

    call.refresh_from_db()
    assert (waiting, call.state) == ((State.INTENDED, 1), State.SUCCEEDED)
    assert partners.effects("M1")["updates"] == [["user_agent"]]
    assert Payment.objects.get().wanted == {}


def test_O20_wrong_keys_are_a_refusal_in_nimbbls_words(
    buy: Buy, partners: Partners, asha: Person, settings: Any
) -> None:
    buy()
    settings.NIMBBL_ACCESS_SECRET = "access_secret_of_somebody_else"

    call = updated(asha)

    assert (call.state, partners.token_calls) == (State.REJECTED, 1)
    assert call.said.startswith("Not sent: Nimbbl gives no token: “The access key or secret is wrong.")


# --- O21: too many requests -------------------------------------------------------------------------------------------

WAITS = {
    "too-many": (2, 2),
    "too-many-until-a-date": (0, 2),
    "too-many-for-ten-days": (900, 900),
    "too-many-nonsense": (10, 20),
}


@pytest.mark.parametrize("kind", WAITS)
def test_O21_what_the_partner_asks_for_is_waited_within_reason(
    kind: str, buy: Buy, partners: Partners, asha: Person
) -> None:
    group = buy()
    partners.misbehave("POM1", kind, on="confirm", times=1)

    call = pressed(group, asha)
    waits = seconds_until_next(call)
    due(call)
    services.sweep()

    least, most = WAITS[kind]
    assert (call.state, call.answer_code) == (State.INTENDED, 429)
    assert least - 0.5 <= waits <= most + 0.1
    call.refresh_from_db()
    assert (call.state, taken(partners)) == (State.SUCCEEDED, (2, 1))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "-5",
        "1e3",
        "９",
        "9" * 300,
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2024 00:00:00 +99999999999999",
        "Mon, 01 Jan 2024 00:00:00 -9999",
        "Sun, 06 Nov 1994 08:49:37 GMT",
    ],
)
def test_O21_no_word_of_the_partner_breaks_the_wait(value: str, buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy()
    header = value.encode().decode("latin-1")
    partners.misbehave("POM1", "too-many", on="confirm", retry_after_value=header)

    call = pressed(group, asha)

    assert call.state == State.INTENDED
    assert 0 <= seconds_until_next(call) <= 900


def test_O21_five_refusals_are_enough(buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy()
    partners.misbehave("POM1", "too-many", on="confirm")
    call = pressed(group, asha)
    for _ in range(8):
        due(call)
        services.sweep()

    call.refresh_from_db()
    assert (call.state, taken(partners), stands(group)) == (State.ABANDONED, (5, 0), "none")


# --- O22: slow for all ------------------------------------------------------------------------------------------------


def test_O22_while_every_thread_waits_for_a_slow_partner_updates_are_taken_at_once(
    buy: Buy, partners: Partners, asha: Person, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.sending.SECONDS", 15.0)
    names = [f"M{number}" for number in range(settings.PARTNER_CALL_THREADS + 4)]
    groups = [buy(name) for name in names]
    answer = threading.Event()
    for name in names:
        partners.misbehave(f"PO{name}", "fine", on="confirm", during=lambda: answer.wait(12))
    calls = [services.confirm(group.pk, by=asha) for group in groups]
    until(lambda: PartnerCall.objects.filter(state=State.SENDING).count() == settings.PARTNER_CALL_THREADS)

    told, _seconds = by_1mg(120, name="M0")
    under_way = PartnerCall.objects.filter(state__in=(State.INTENDED, State.SENDING)).count()
    answer.set()

    assert (under_way, told) == (len(names), "SUCCESS")
    assert {carried(call).state for call in calls} == {State.SUCCEEDED}
    assert {taken(partners, name) for name in names} == {(1, 1)}


def test_O22_control_whoever_sends_it_in_the_asking_thread_waits(
    buy: Buy, partners: Partners, asha: Person, settings: Any
) -> None:
    group = buy()
    elsewhere(settings, "ONEMG_BASE_URL", f"127.0.0.1:{free_port()}")
    call = pressed(group, asha)
    settings.ONEMG_BASE_URL = partners.base_url
    partners.misbehave("POM1", "slow", on="confirm", seconds=0.8)
    due(call)
    started = time.monotonic()

    services.sweep()

    assert time.monotonic() - started >= 0.8


# --- O23: ids that would change the path ------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["../../../admin", "PO1#f", "PO1?x=1", "a/b", "%2e%2e", "PO 1", "पीओ"])
def test_O23_a_purchase_with_such_an_id_is_not_sent(value: str, buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy()
    OrderGroup.objects.update(onemg_order_id=value)

    with pytest.raises(NotReady, match="characters that may not stand in a call"):
        services.confirm(group.pk, by=asha)

    assert (PartnerCall.objects.count(), len(partners.requests)) == (0, 0)


def test_O23_and_not_where_it_comes_between_asking_and_sending(buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy()

    def change() -> None:
        OrderGroup.objects.update(onemg_order_id="../../../admin")
        connections.close_all()

    between(partners, change)

    call = pressed(group, asha)

    assert (call.state, stands(group), taken(partners)) == (State.ABANDONED, "none", (0, 0))


# --- O24, O25: twice --------------------------------------------------------------------------------------------------


def test_O24_a_second_press_while_the_first_is_on_its_way_says_who_is_at_it(
    buy: Buy, partners: Partners, asha: Person
) -> None:
    group = buy()
    answer = threading.Event()
    partners.misbehave("POM1", "fine", on="confirm", during=lambda: answer.wait(12))
    first = services.confirm(group.pk, by=asha)

    with pytest.raises(NotReady, match="asha is confirming it"):
        services.confirm(group.pk, by=asha)
    answer.set()

    assert (carried(first).state, taken(partners)) == (State.SUCCEEDED, (1, 1))


def test_O24_any_number_of_threads_may_carry_a_call_and_one_does(buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy()
    partners.misbehave("POM1", "slow", on="confirm", seconds=0.5)
    call = services.confirm(group.pk, by=asha)
    services.send_now(call)
    services.sweep()

    assert (carried(call).state, taken(partners)) == (State.SUCCEEDED, (1, 1))


def another(group: OrderGroup, call: PartnerCall) -> None:
    """A second live confirmation, past every service."""
    PartnerCall.objects.create(group=group, partner=Partner.ONEMG, operation=Operation.CONFIRM, by="somebody")


@pytest.mark.parametrize("state", sorted(LIVE))
def test_O24_the_database_itself_keeps_a_second_live_confirmation_out(
    state: str, buy: Buy, partners: Partners, asha: Person
) -> None:
    group = buy()
    call = pressed(group, asha)
    PartnerCall.objects.update(state=state)

    with pytest.raises(IntegrityError), transaction.atomic():
        another(group, call)


def test_O24_control_without_the_constraint_it_lets_it_in(buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy()
    call = pressed(group, asha)

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX one_live_confirmation")
        another(group, call)
        live = PartnerCall.objects.filter(group=group, state__in=LIVE).count()
        transaction.set_rollback(True)

    assert live == 2


@only_postgresql
def test_O25_of_two_operators_at_once_one_asks_and_the_other_reads_who(
    buy: Buy, partners: Partners, asha: Person
) -> None:
    names = [f"M{number}" for number in range(10)]
    groups = [buy(name) for name in names]
    start = threading.Barrier(4)
    said: list[str] = []

    def press() -> None:
        for group in groups:
            start.wait(20)
            try:
                services.confirm(group.pk, by=asha)
            except NotReady as stopped:
                said.append(str(stopped))
        connections.close_all()

    people = [threading.Thread(target=press) for _ in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join(60)

    for call in PartnerCall.objects.all():
        carried(call)
    assert {taken(partners, name) for name in names} == {(1, 1)}
    assert PartnerCall.objects.filter(state=State.SUCCEEDED).count() == len(names)
    assert len(said) == 30
    assert {"asha" in words for words in said} == {True}


@only_postgresql
def test_O25_control_who_looks_without_a_lock_and_without_the_constraint_asks_twice(
    buy: Buy, partners: Partners, asha: Person
) -> None:
    group = buy()
    all_looked = threading.Barrier(4)

    def naive() -> None:
        nobody = not PartnerCall.objects.filter(group=group, state__in=LIVE).exists()
        all_looked.wait(20)
        if nobody:
            another(group, PartnerCall())
        connections.close_all()

    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'one_live_confirmation'")
        [[index]] = cursor.fetchall()
        cursor.execute("DROP INDEX one_live_confirmation")
        try:
            people = [threading.Thread(target=naive) for _ in range(4)]
            for one in people:
                one.start()
            for one in people:
                one.join(20)
            asked = PartnerCall.objects.count()
        finally:
            PartnerCall.objects.all().delete()
            cursor.execute(index)

    assert asked == 4


# --- O26, O27: what must not be sent ----------------------------------------------------------------------------------


def test_O26_cash_on_delivery_is_never_sent(buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy(method="COD")
    OrderGroup.objects.update(payment_method="COD")

    with pytest.raises(NotReady, match="Cash on delivery: 1mg wants no confirmation for that"):
        services.confirm(group.pk, by=asha)

    assert (PartnerCall.objects.count(), len(partners.requests)) == (0, 0)


def test_O26_nor_where_1mg_and_the_shop_disagree(buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy(method="COD")
    OrderGroup.objects.update(payment_method="ONLINE")

    with pytest.raises(NotReady, match="one says cash on delivery"):
        services.confirm(group.pk, by=asha, overridden=["method"], why="It was paid.")

    assert len(partners.requests) == 0


REFUSED = {
    95: "cancel",
    99: "cancel",
    40: "nothing left to confirm",
    140: "nothing left to confirm",
    142: "nothing left to confirm",
    130: "gone on without a confirmation",
    30: "gone on without a confirmation",
    777: "nobody here can judge",
}


@pytest.mark.parametrize("status", REFUSED)
def test_O27_a_status_that_speaks_against_it_stops_the_press(
    status: int, buy: Buy, partners: Partners, asha: Person
) -> None:
    group = buy(status=status)

    with pytest.raises(NotReady, match=REFUSED[status]):
        services.confirm(group.pk, by=asha)

    assert (PartnerCall.objects.count(), len(partners.requests), stands(group)) == (0, 0, "none")


@pytest.mark.parametrize("status", REFUSED)
def test_O27_it_is_looked_at_again_under_lock_just_before_sending(
    status: int, buy: Buy, partners: Partners, asha: Person
) -> None:
    group, told = buy(), list[tuple[str, float]]()
    between(partners, lambda: told.append(by_1mg(status)))

    call = pressed(group, asha)

    assert told[0][0] in ("SUCCESS", "PENDING")  # PENDING: a status that nobody knows is kept for review
    assert (call.state, call.attempts, stands(group)) == (State.ABANDONED, 0, "none")
    assert call.said.startswith("Not sent: ")
    assert REFUSED[status] in call.said
    assert taken(partners) == (0, 0)


def test_O27_control_with_nothing_against_it_in_between_it_is_sent(buy: Buy, partners: Partners, asha: Person) -> None:
    group, told = buy(), list[tuple[str, float]]()
    between(partners, lambda: told.append(by_1mg(160)))

    assert (pressed(group, asha).state, told[0][0], taken(partners)) == (State.SUCCEEDED, "SUCCESS", (1, 1))


def test_O27_an_order_marked_for_a_look_is_not_sent_without_an_override(
    buy: Buy, partners: Partners, asha: Person
) -> None:
    group = buy()
    GroupedOrder.objects.update(review_flags=["late_cancellation"])

    with pytest.raises(NotReady, match="Marked for a look"):
        services.confirm(group.pk, by=asha)
    with pytest.raises(NotReady, match="Marked for a look"):
        services.confirm(group.pk, by=asha, seen=read(group), overridden=["looked_at"], why=" ")
    call = pressed(group, asha, seen=read(group), overridden=["looked_at"], why="I have looked.")

    assert (call.state, call.overridden, call.why) == (State.SUCCEEDED, ["looked_at"], "I have looked.")


def test_O27_an_override_of_one_thing_does_not_cover_another(buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy()
    GroupedOrder.objects.update(review_flags=["late_cancellation"])
    seen = read(group)
    between(partners, lambda: by_1mg(99))

    call = pressed(group, asha, seen=seen, overridden=["looked_at"], why="I have looked.")

    assert (call.state, taken(partners)) == (State.ABANDONED, (0, 0))


@pytest.mark.parametrize("paid", ["pending", "failed"])
def test_O27_a_payment_that_is_not_there_stops_the_press(paid: str, buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy(payment_status=paid)

    with pytest.raises(NotReady, match=f"Nimbbl says that the payment is {paid}"):
        services.confirm(group.pk, by=asha)

    assert (PartnerCall.objects.count(), taken(partners), stands(group)) == (0, (0, 0), "none")
    by_transfer = pressed(group, asha, seen=read(group), overridden=["paid"], why="Paid by bank transfer.")
    assert by_transfer.state == State.SUCCEEDED


@pytest.mark.parametrize("kind", ["unavailable", "html", "error", "times-out-before-acting", "reset", "forbidden"])
def test_O27_whatever_is_wrong_with_the_enquiry_it_lets_through(
    kind: str, buy: Buy, partners: Partners, asha: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.enquiry.SECONDS", 1.0)
    group = buy()
    partners.misbehave("o_M1", kind, on="enquiry", **long(kind))

    call = pressed(group, asha)

    tick = next(tick for tick in call.ticks if tick["code"] == "paid")
    assert (call.state, tick["verdict"]) == (State.SUCCEEDED, "unknown")


# --- O28: cancelled meanwhile -----------------------------------------------------------------------------------------


def flags() -> list[str]:
    """What the purchase's order is marked with."""
    return list(GroupedOrder.objects.get(pk="POM1").review_flags)


def test_O28_a_cancellation_during_the_call_is_taken_at_once_and_both_are_told(
    buy: Buy, partners: Partners, asha: Person
) -> None:
    group, told = buy(), list[tuple[str, float]]()
    partners.misbehave("POM1", "fine", on="confirm", during=lambda: told.append(by_1mg(99)))

    call = pressed(group, asha)

    assert [word for word, _seconds in told] == ["SUCCESS"]
    assert (call.state, stands(group), flags()) == (State.SUCCEEDED, "confirmed", ["cancelled_meanwhile"])
    assert taken(partners) == (1, 1)


def test_O28_with_no_answer_the_cancellation_settles_it(buy: Buy, partners: Partners, asha: Person) -> None:
    group, told = buy(), list[tuple[str, float]]()
    partners.misbehave(
        "POM1", "times-out-after-acting", on="confirm", during=lambda: told.append(by_1mg(99)), seconds=4
    )

    call = pressed(group, asha)

    assert told[0][0] == "SUCCESS"
    assert (call.state, call.settled_by, stands(group)) == (State.ABANDONED, SettledBy.UPDATE, "rejected")
    assert flags() == ["cancelled_meanwhile"]


def test_O28_a_refusal_of_a_cancelled_order_is_no_conflict(buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy()
    partners.misbehave("POM1", "cancelled-before-confirmation", on="confirm", during=lambda: by_1mg(99))

    assert (pressed(group, asha).state, stands(group), flags()) == (State.REJECTED, "rejected", [])


@only_postgresql
def test_O28_control_with_the_purchase_locked_meanwhile_the_update_waits(buy: Buy, asha: Person) -> None:
    group = buy()
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            orders.locked(group.pk)
            held.set()
            release.wait(10)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    threading.Timer(1.2, release.set).start()

    word, _seconds = by_1mg(99)
    waited = release.is_set()

    holder.join(10)
    assert (word, waited) in [("SUCCESS", True), ("PENDING", True), ("PENDING", False)]


# --- O29: a process that died (the kills themselves: tests/faults/test_acting.py) -------------------------------------


def left_sending(group: OrderGroup, ago: timedelta) -> PartnerCall:
    """A call as a process leaves it that dies while 1mg is asked."""
    call = PartnerCall.objects.create(
        group=group,
        partner=Partner.ONEMG,
        operation=Operation.CONFIRM,
        by="asha",
        state=State.SENDING,
        sent_at=timezone.now() - ago,
        attempts=1,
    )
    OrderGroup.objects.update(confirmation_state="in_flight")
    return call


def test_O29_a_call_left_being_sent_is_in_doubt_after_its_time(buy: Buy, partners: Partners) -> None:
    group = buy()
    call = left_sending(group, LEASE + timedelta(seconds=1))

    services.sweep()

    call.refresh_from_db()
    assert (call.state, stands(group), len(partners.requests)) == (State.UNKNOWN, "unknown", 0)
    assert last_line() == "The process that was sending it ended; whether the partner acted is not known."


def test_O29_control_within_its_time_it_is_left_alone(buy: Buy, partners: Partners) -> None:
    call = left_sending(buy(), LEASE - timedelta(seconds=20))

    services.sweep()

    call.refresh_from_db()
    assert (call.state, len(partners.requests)) == (State.SENDING, 0)


def test_O29_the_next_press_finds_it_without_waiting_for_the_sweep(buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy()
    left_sending(group, LEASE + timedelta(seconds=1))

    with pytest.raises(NotReady, match="We don't know what came of the confirmation"):
        services.confirm(group.pk, by=asha)

    assert len(partners.requests) == 0


def test_O29_what_1mg_said_while_nobody_was_there_settles_it(buy: Buy, post: Post) -> None:
    group = buy()
    call = left_sending(group, LEASE + timedelta(seconds=1))
    PartnerCall.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    speak(post, "M1", 130, T + 100)

    services.sweep()

    call.refresh_from_db()
    assert (call.state, call.settled_by, stands(group)) == (State.SUCCEEDED, SettledBy.UPDATE, "confirmed")


def long_ago() -> None:
    """The process seems dead, and the sweep says so."""
    PartnerCall.objects.update(sent_at=timezone.now() - 2 * LEASE)
    services.sweep()
    assert PartnerCall.objects.get().state == State.UNKNOWN


def test_O29_an_answer_that_comes_after_all_counts(buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy()

    def seem_dead() -> None:
        long_ago()
        connections.close_all()

    partners.misbehave("POM1", "fine", on="confirm", during=seem_dead)

    call = pressed(group, asha)

    assert (call.state, stands(group), taken(partners)) == (State.SUCCEEDED, "confirmed", (1, 1))


def test_O29_an_answer_does_not_undo_what_a_person_has_settled(buy: Buy, partners: Partners, asha: Person) -> None:
    group = buy()

    def settled_meanwhile() -> None:
        long_ago()
        services.settle(PartnerCall.objects.get(), worked=False, why="1mg has nothing.", by=asha)
        connections.close_all()

    partners.misbehave("POM1", "fine", on="confirm", during=settled_meanwhile)

    call = pressed(group, asha)

    assert (call.state, call.settled_by, stands(group)) == (State.REJECTED, SettledBy.PERSON, "rejected")


# --- O30: update at Nimbbl --------------------------------------------------------------------------------------------


def test_O30_an_address_of_any_script_arrives_as_it_is_and_alone(buy: Buy, partners: Partners, asha: Person) -> None:
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


def test_O30_the_service_refuses_what_nimbbl_has_no_name_for(buy: Buy, partners: Partners, asha: Person) -> None:
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
def test_O30_every_answer_of_nimbbls_has_its_meaning(kind: str, buy: Buy, partners: Partners, asha: Person) -> None:
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
    buy: Buy, partners: Partners, asha: Person, settings: Any
) -> None:
    buy()
    settings.NIMBBL_UPDATE_ORDER = NEWER

    call = updated(asha)

    assert (call.method, call.url) == ("PATCH", f"{partners.base_url}/api/v3/order")
    assert f"Its pages name {OLDER} as well" in call.said


@pytest.mark.parametrize("answer", HOSTILE)
def test_O30_no_answer_is_so_odd_that_it_cannot_be_written_down(
    answer: str, buy: Buy, asha: Person, settings: Any
) -> None:
    buy()
    first = updated(asha)
    with wire.listening(wire.answering(200, HOSTILE[answer])) as odd:
        elsewhere(settings, "NIMBBL_BASE_URL", odd.host)
        call = updated(asha, {"user_agent": "Firefox"})

    assert first.state == State.SUCCEEDED
    assert call.state in (State.UNKNOWN, State.REJECTED)


def test_O30_an_update_in_doubt_may_be_asked_for_anew_and_one_under_way_may_not(
    buy: Buy, partners: Partners, asha: Person
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
def test_O31_a_base_url_that_is_not_allowed_gets_nothing(url: str, buy: Buy, asha: Person, settings: Any) -> None:
    group = buy()
    settings.ONEMG_BASE_URL = url

    call = pressed(group, asha)

    assert (call.state, call.answer_code, stands(group)) == (State.REJECTED, None, "rejected")
    assert call.said.startswith("The connection to 1mg breaks our own rules; nothing was sent.")


def test_O33_a_proxy_of_the_environment_sees_nothing(
    buy: Buy, partners: Partners, asha: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = buy()
    with wire.listening(wire.answering()) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        call = pressed(group, asha)

    assert (call.state, proxy.connections) == (State.SUCCEEDED, 0)


# --- the reading itself -----------------------------------------------------------------------------------------------


def test_O9_O10_control_the_honest_answer_is_a_success() -> None:
    body = b'{"data":{"merchant_order_id":"M1","order_id":"PO1"},"partial_complete":false,"is_success":true}'
    ids = {"merchant_order_id": "M1", "order_id": "PO1"}

    assert onemg.read_confirm(Response(200, {}, body, 1), **ids, now=timezone.now()).state is State.SUCCEEDED
