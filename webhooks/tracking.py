"""Asking 1mg how a purchase stands there (Track Order).

    may_ask()              whether 1mg's path is known and 1mg configured
    ask(id, by)            a person asks; a thread does it, and the page shows what comes

It reads and changes nothing at 1mg, so it is no `PartnerCall`: two who ask at once do no harm. That it was asked is in
the purchase's story before, and what came of it after. An answer that tells of orders is kept as a delivery, byte for
byte, before it is read, and folded like any other: replay, rebuilding and looking back know no difference, and it
settles what is in doubt as an update would.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import acts, purchases
from orders.actors import Actor
from orders.acts import Params
from orders.choices import Kind
from orders.choices import Source as Teller
from orders.models import Act
from payments import outbox, parties
from payments.asking import CannotDo
from payments.exchange import LONGEST_WORDS
from payments.partners import clients, http, onemg_track, redact
from webhooks import pending, services
from webhooks.models import Delivery, Outcome, Source

TRACK_ASKED: Final = "track_asked"
TRACK_ANSWERED: Final = "track_answered"
TRACK_TOLD_NOTHING: Final = "track_told_nothing"
#: A purchase is asked about at most so often.
PAUSE: Final = timedelta(seconds=10)
#: Seconds that the asking may take in all.
SECONDS: Final = 15.0


def register() -> None:
    """Tell `orders` how these acts read."""
    acts.reads(TRACK_ASKED, lambda _params: _("Asked 1mg how it stands"))
    acts.reads(TRACK_ANSWERED, _answered)
    acts.reads(TRACK_TOLD_NOTHING, lambda params: str(params["said"]))


def may_ask() -> bool:
    """Whether 1mg can be asked."""
    return bool(settings.ONEMG_CONFIGURED and settings.ONEMG_TRACK_ORDER)


@transaction.atomic
def ask(merchant_order_id: str, *, by: Actor) -> None:
    """Have 1mg asked as soon as this has committed. Raises `CannotDo`, and `OrderGroup.DoesNotExist`."""
    if not may_ask():
        raise CannotDo("1mg cannot be asked: its path of Track Order is not configured in this portal.")
    group, _members = purchases.locked(merchant_order_id)
    if group.environment not in ("", settings.PORTAL_ENVIRONMENT):
        raise CannotDo("This purchase is from another environment than the 1mg that this portal talks to.")
    lately = timezone.now() - PAUSE
    if Act.objects.filter(group=group, act=TRACK_ASKED, at__gte=lately).exists():
        raise CannotDo("1mg has only just been asked; its answer shows here.")
    acts.record(TRACK_ASKED, group_id=group.pk, source=Teller.PERSON, kind=Kind.CALL, actor_id=by.user_id, by=by.name)
    outbox.in_background("partner-enquiry", ask_now, group.pk)


def ask_now(merchant_order_id: str) -> None:
    """Ask, here and now, outside of any transaction, and take in what 1mg says."""
    secrets: list[str] = []
    try:
        client = clients.for_onemg()
        assert client is not None  # noqa: S101 - `ask` says so
        request = client.track(merchant_order_id, now=timezone.now())
        secrets += [*client.secrets(), request.headers["Authorization"].removeprefix("Bearer ")]
        response = http.send(request, hosts=settings.PARTNER_HOSTS, seconds=SECONDS)
    except http.Trouble as trouble:
        _tell_nothing(merchant_order_id, trouble.user_message, secrets)
        return
    except (ValueError, OSError):
        words = "1mg was not asked: its key or our id there cannot be used. An administrator must look."
        _tell_nothing(merchant_order_id, words, secrets)
        return
    found = onemg_track.read_track(response, merchant_order_id=merchant_order_id)
    if not found.told:
        _tell_nothing(merchant_order_id, found.said, secrets)
        return
    _take_in(merchant_order_id, response)


def _take_in(merchant_order_id: str, response: http.Response) -> None:
    """Keep the bytes, then read and apply them as those of any delivery."""
    delivery = Delivery.objects.create(
        source=Source.TRACK,
        body=response.body,
        size=len(response.body),
        sha256=hashlib.sha256(response.body).hexdigest(),
        headers={"Content-Type": response.headers.get("content-type", "")[:200]},
        **pending.put_off(None),
    )
    outcome = services.reprocess(delivery)
    _record(TRACK_ANSWERED, merchant_order_id, Teller.ONEMG, delivery=delivery.pk, outcome=str(outcome))


def _tell_nothing(merchant_order_id: str, said: str, secrets: list[str]) -> None:
    """Say why there is nothing to take in, without secrets or people in it."""
    words = redact.text(said, known=secrets, people=parties.of_purchase(merchant_order_id))
    _record(TRACK_TOLD_NOTHING, merchant_order_id, Teller.PORTAL, said=words[:LONGEST_WORDS])


def _record(act: str, merchant_order_id: str, source: Teller, **params: Any) -> None:
    acts.record(act, group_id=merchant_order_id, source=source, kind=Kind.CALL, **params)


def _answered(params: Params) -> str:
    """What the answer brought, in words."""
    brought = {
        Outcome.APPLIED: _("1mg answered with news"),
        Outcome.STALE: _("1mg answered with what is older than what we know"),
        Outcome.DUPLICATE: _("1mg answered, and nothing is new"),
    }
    words = brought.get(Outcome(params["outcome"]), _("1mg answered, and not all of it was understood yet"))
    return _("%(words)s (delivery #%(delivery)s)") % {"words": words, "delivery": params["delivery"]}
