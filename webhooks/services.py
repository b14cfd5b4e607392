"""Taking in what 1mg posts: keep the bytes, read them, apply them, answer.

    receive(post)              the live path: one POST, from bytes to answer
    reprocess(delivery)        the same again for a delivery that is kept: replay, "apply again"
    sweep()                    finish what is pending (`webhooks.pending`)
    reject(address, reason)    somebody without a token

One transaction keeps the bytes and all that comes of them, so a crash leaves either both or neither, and then 1mg has
had no answer and sends again. Whatever goes wrong in it undoes it; the bytes are then kept alone and *pending*: ours to
finish, since 1mg is told that we have them.
"""

from __future__ import annotations

import logging

from django.db.models import F
from django.utils import timezone

from orders.failpoints import failpoint
from webhooks import pending, store, watch
from webhooks.models import Delivery, Outcome, RejectedAttempt, referring
from webhooks.pending import sweep
from webhooks.receiving import KEPT, UPDATED, Answer, Post, Taking

__all__ = ["Answer", "Post", "receive", "reject", "reprocess", "sweep"]

log = logging.getLogger(__name__)


def receive(post: Post) -> Answer:
    """Keep one POST, apply it, and say what 1mg is to be told.

    Raises `DatabaseError` where the bytes could not be kept: only then must 1mg send them again.
    """
    taking = Taking(post)
    try:
        delivery_id, answer = taking.apply()
    except store.Unreachable:
        raise
    except Exception as error:  # noqa: BLE001 - an outer door: kept alone the bytes are safe, and the rest is ours
        log.error("a delivery is left pending: %s", type(error).__name__, exc_info=True)
        delivery_id, answer = taking.keep_alone(error)
    failpoint("settled")
    if answer in (UPDATED, KEPT):
        watch.wake(now=answer is KEPT)
    return Answer(answer.code, answer.status, referring(answer.message, delivery_id))


def reprocess(delivery: Delivery) -> Outcome:
    """Read and apply a kept delivery again, now. What was applied stays applied, what had failed gets its chance.

    Where somebody else is finishing it at this moment, they go on and this does nothing.
    """
    pending.finish(delivery)
    delivery.refresh_from_db(fields=["outcome", "problem", "results", "brought", "attempts", "settled_at"])
    return Outcome(delivery.outcome)


def reject(remote_address: str, reason: str) -> None:
    """Count one post that was turned away. No body, no token; a row a minute and address, however many posts."""
    minute = timezone.now().replace(second=0, microsecond=0)
    key = {"minute": minute, "remote_address": remote_address[:45], "reason": reason[:40]}
    if not RejectedAttempt.objects.filter(**key).update(times=F("times") + 1):
        RejectedAttempt.objects.bulk_create([RejectedAttempt(**key)], ignore_conflicts=True)
