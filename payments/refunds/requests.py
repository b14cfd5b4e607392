"""What 1mg asks for: kept first, judged under the purchase's lock, answered by how the refund stands.

    take(bytes, wanted, ...)     keep a request, judge it, and say what 1mg is told
    standing(unique_id)          what 1mg is told that asks how a request of its own stands
    finish()                     judge what a crash or an outage has left unjudged

| `Answer.code` | `status` | |
|---|---|---|
| 200 | SUCCESS | Nimbbl has taken the refund, or paid it |
| 200 | PENDING | a person decides, or the call is under way, in doubt or to be sent again |
| 200 | FAILED | a person has declined it, for good |
| 400 | | it cannot be read; kept and shown |
| 404 | | nobody knows the purchase; kept and shown |
| 409 | | more than is left of what was captured, or the unique id of another request |
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from orders import acts
from orders import purchases as orders
from orders.choices import Kind, Source, Stage
from orders.failpoints import failpoint
from orders.models import GroupedOrder, OrderGroup
from orders.statuses import CANCELLED
from payments import enquiry
from payments.acts import REFUND_REFUSED
from payments.choices import BOUND, Judged, RefundState
from payments.models import Refund, RefundRequest
from payments.preflight import gather
from payments.refunds import money, rules, services
from payments.refunds.rules import Asked, Purchase, Room, Verdict
from payments.refunds.wanted import Wanted

log = logging.getLogger(__name__)

#: Whoever took a request judges it within this; then the sweep does.
GRACE: Final = timedelta(seconds=20)
_LOOK_AGAIN: Final = 0.05
_STATUS: Final = {RefundState.PAID: "SUCCESS", RefundState.ACCEPTED: "SUCCESS", RefundState.DECLINED: "FAILED"}
_MESSAGES: Final = {
    "SUCCESS": "Refund taken by the payment gateway.",
    "PENDING": "Kept; the refund is being looked at.",
    "FAILED": "Declined by the merchant.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What 1mg is told. `status` is empty where nothing is said of a refund."""

    code: int
    status: str
    message: str
    request: RefundRequest | None = None


def take(body: bytes, wanted: Wanted, *, token_fingerprint: str, remote_address: str) -> Answer:
    """Keep a request with its bytes, then judge it. What is kept is ours to judge, whatever happens here: PENDING.

    Raises `DatabaseError` where the bytes could not be kept: only then must 1mg ask again.
    """
    request = RefundRequest.objects.create(
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        token_fingerprint=token_fingerprint,
        remote_address=remote_address,
        unique_id=wanted.unique_id,
        order_id=wanted.order_id,
        other_ids=list(wanted.other_ids),
        amount=wanted.amount,
        problem=wanted.problem,
    )
    failpoint("request_kept")
    answer = _judge_if_possible(request) or Answer(200, "PENDING", _MESSAGES["PENDING"], request)
    failpoint("request_judged")
    return answer


def standing(unique_id: str) -> Answer:
    """How the request of this unique id stands now; of one that stands for no refund what it was told last."""
    mine = RefundRequest.objects.filter(unique_id=unique_id).select_related("refund")
    bound = mine.filter(judged__in=BOUND).first()
    if bound:
        return _of_refund(bound)
    last = mine.exclude(judged="").first()
    if last:
        return Answer(last.answer["code"], last.answer["status"], last.answer["message"], last)
    if mine.exists():
        return Answer(200, "PENDING", _MESSAGES["PENDING"], mine.first())
    return Answer(404, "", "No such refund request.")


def finish() -> int:
    """Judge what was kept and never judged; how many."""
    left = RefundRequest.objects.pending().filter(received_at__lt=timezone.now() - GRACE).order_by("pk")[:100]
    return sum(_judge_if_possible(request) is not None for request in left)


def _judge_if_possible(request: RefundRequest) -> Answer | None:
    """Judge it; nothing where that fails: it is kept and shown, and the sweep judges it."""
    try:
        return judge(request)
    except Exception as error:  # noqa: BLE001 - an outer door: the bytes are kept, and the rest is ours
        log.error("refund request %s is not judged yet: %s", request.pk, type(error).__name__, exc_info=True)
        return None


def judge(request: RefundRequest) -> Answer:
    """Say what a request is. Two that say one unique id at once: the second is judged again, after the first."""
    if request.problem:
        return _told(request, Judged.UNREADABLE, Answer(400, "", request.problem))
    group_id = _purchase_of(request)
    if group_id:
        _hear_of_the_money(group_id)
    try:
        return _judge(request, group_id)
    except IntegrityError:
        return _judge(request, group_id)


# --- pieces -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def _judge(request: RefundRequest, group_id: str | None) -> Answer:
    group, members = orders.locked(group_id) if group_id else (None, [])
    request = RefundRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if request.judged:  # the sweep was quicker
        return standing(request.unique_id)
    earlier = RefundRequest.objects.filter(unique_id=request.unique_id, judged__in=BOUND).first()
    if earlier:
        return _again(request, earlier, group_id)
    if group is None:
        return _told(request, Judged.UNKNOWN, Answer(404, "", "No such order."))
    request.group = group
    return _judge_of(request, group, members)


def _judge_of(request: RefundRequest, group: OrderGroup, members: Collection[GroupedOrder]) -> Answer:
    """Judge a request that is new by its unique id, and do what that means."""
    assert request.amount is not None  # noqa: S101 - one without is not readable
    left = money.left(group.pk)
    whole = _whole(group, members)
    order_id = _named(request, whole, members)
    purchase = Purchase(
        whole=whole,
        ended=[order.pk for order in members if order.status_id in CANCELLED or order.stage == Stage.RETURN],
        refunds=money.standings(group.pk, left.payment),
        room=left.room,
        here=group.environment == settings.PORTAL_ENVIRONMENT,
    )
    verdict = rules.judge(Asked(order_id, request.amount, timezone.now()), purchase)
    if verdict.judged is Judged.TOO_MUCH:
        return _too_much(request, group, left.room)
    request.refund = _refund(request, verdict, group, request.amount, order_id)
    return _told(request, verdict.judged, _of_refund(request))


def _refund(request: RefundRequest, verdict: Verdict, group: OrderGroup, amount: Decimal, order_id: str) -> Refund:
    """The refund that the request stands for: the one that stands already, or one that is made for it."""
    if verdict.judged is Judged.SAME:
        refund = next(one for one in group.refunds.all() if one.pk == verdict.refund_id)
        refund.heard_at = request.received_at
        refund.save(update_fields=["heard_at"])
        return refund
    return services.ask(group, amount, order_id=order_id, hold=verdict.hold)


def _again(request: RefundRequest, earlier: RefundRequest, group_id: str | None) -> Answer:
    """The unique id of a request that stands for a refund: the same one once more, or another by the same id."""
    request.group_id, request.refund_id = earlier.group_id, earlier.refund_id
    if (earlier.group_id, earlier.amount) != (group_id, request.amount):
        request.refund_id = None
        words = "Another request has this unique id."
        return _told(request, Judged.CLASH, Answer(409, "", words))
    return _told(request, Judged.REPLAY, _of_refund(earlier))


def _too_much(request: RefundRequest, group: OrderGroup, room: Room | None) -> Answer:
    """Refused; told once in the story, however often 1mg tries."""
    before = RefundRequest.objects.filter(group=group, amount=request.amount, judged=Judged.TOO_MUCH)
    if not before.exists():
        acts.record(
            REFUND_REFUSED,
            group_id=group.pk,
            source=Source.ONEMG,
            kind=Kind.PAYMENT,
            amount=str(request.amount),
            left=str(room.most if room else None),
        )
    return _told(request, Judged.TOO_MUCH, Answer(409, "", "More than is left of what was captured."))


def _told(request: RefundRequest, judged: Judged, answer: Answer) -> Answer:
    """Write down what the request was judged to be, and what 1mg is told."""
    request.judged = judged
    request.answer = {"code": answer.code, "status": answer.status, "message": answer.message}
    request.save(update_fields=["judged", "answer", "group", "refund"])
    return Answer(answer.code, answer.status, answer.message, request)


def _of_refund(request: RefundRequest) -> Answer:
    """By how its refund stands."""
    assert request.refund  # noqa: S101 - of one that stands for a refund
    status = _STATUS.get(RefundState(request.refund.state), "PENDING")
    return Answer(200, status, _MESSAGES[status], request)


def _purchase_of(request: RefundRequest) -> str | None:
    """The one purchase that has every id of the request that anybody here knows; nothing where there are two."""
    ids = {request.order_id, *request.other_ids}
    known = Q(pk__in=ids) | Q(group_order_id__in=ids) | Q(onemg_order_id__in=ids) | Q(orders__in=ids)
    found = list(OrderGroup.objects.filter(known).order_by().values_list("pk", flat=True).distinct()[:2])
    return found[0] if len(found) == 1 else None


def _whole(group: OrderGroup, members: Collection[GroupedOrder]) -> set[str]:
    """The ids that mean all of a purchase; that of its only order is one."""
    alone = {order.pk for order in members} if len(members) == 1 else set()
    return {group.pk, group.group_order_id, group.onemg_order_id, *alone} - {""}


def _named(request: RefundRequest, whole: Collection[str], members: Collection[GroupedOrder]) -> str:
    """Of the ids that the request names the one that says most: of one of several orders, else of the purchase."""
    ids = [request.order_id, *request.other_ids]
    parts = {order.pk for order in members} - set(whole)
    named: list[str] = [one for one in ids if one in parts] or [one for one in ids if one in whole]
    return named[0]


def _hear_of_the_money(group_id: str) -> None:
    """Have Nimbbl asked, unless it has only just said it; never under a lock. Of several who ask at once one does."""
    payment = gather.payment_of(group_id)
    end = time.monotonic() + enquiry.SECONDS
    while payment and enquiry.fresh(payment) is None and time.monotonic() < end:
        if enquiry.claim(payment):
            return enquiry.refresh(payment)
        time.sleep(_LOOK_AGAIN)
        payment = gather.payment_of(group_id)
    return None
