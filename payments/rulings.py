"""Two purchases that name one order of 1mg's: a person says which of the two it belongs to."""

from __future__ import annotations

from django.db import transaction

from orders import acts
from orders.actors import Actor
from orders.choices import Kind, Source
from orders.models import OrderGroup
from payments.acts import RULED
from payments.asking import CannotDo
from payments.models import Ruling
from payments.preflight import gather


@transaction.atomic
def rule(kept: OrderGroup, dropped: OrderGroup, *, by: Actor, why: str) -> Ruling:
    """A person says that the 1mg order which both purchases name belongs to `kept`; told in the story of both.

    Raises `CannotDo` where there is nothing to say, or no reason.
    """
    if not why.strip():
        raise CannotDo("This needs a reason: how do you know?")
    members = list(kept.orders.order_by("pk"))
    rivals = gather.rivals(kept, members)
    shared = next((rival.onemg_ids for rival in rivals if rival.merchant_order_id == dropped.pk), None)
    if shared is None:
        raise CannotDo(f"{kept.pk} and {dropped.pk} name no order in common any more.")
    ruling = Ruling.objects.create(
        kept=kept, dropped=dropped, onemg_ids=list(shared), actor_id=by.user_id, by=by.name, why=why.strip()
    )
    for group in (kept, dropped):
        acts.record(
            RULED,
            group_id=group.pk,
            source=Source.PERSON,
            kind=Kind.REVIEW,
            actor_id=by.user_id,
            onemg_ids=list(shared),
            kept=kept.pk,
            dropped=dropped.pk,
            why=why.strip(),
        )
    return ruling
