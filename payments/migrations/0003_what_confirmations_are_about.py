"""Say of the confirmations that stand which of 1mg's orders they are about, and what was known when they were asked for."""

import json

from django.db import IntegrityError, migrations, transaction

LIVE = ("intended", "sending", "unknown", "succeeded")


def fill(apps, schema_editor):
    PartnerCall = apps.get_model("payments", "PartnerCall")
    for call in PartnerCall.objects.filter(operation="confirm", state__in=LIVE).select_related("group").iterator():
        call.onemg_order_id = _sent(call) or call.group.onemg_order_id or call.group.group_order_id
        call.known = _known(apps, call)
        call.save(update_fields=["onemg_order_id", "known"])
        children = apps.get_model("orders", "GroupedOrder").objects.filter(group=call.group)
        ids = {call.onemg_order_id, call.group.onemg_order_id, call.group.group_order_id}
        for onemg_id in sorted((ids | set(children.values_list("pk", flat=True))) - {""}):
            _claim(apps, call, onemg_id)


def _sent(call):
    """1mg's id in the request that was sent."""
    try:
        return str(json.loads(call.request_body)["order_id"])[:64]
    except (ValueError, KeyError, TypeError):
        return ""


def _known(apps, call):
    """How far the news of each order had come then: of all that had reached us, the latest."""
    from orders.statuses import status_of

    told = apps.get_model("orders", "OrderUpdate").objects.filter(
        order__group=call.group, received_at__lt=call.created_at
    )
    known = {}
    for row in told.values("order_id", "at_ms", "status_id", "delivery_id", "entry"):
        position = [row["at_ms"], status_of(row["status_id"]).rank, row["delivery_id"], row["entry"]]
        known[row["order_id"]] = max(position, known.get(row["order_id"], position))
    return known


def _claim(apps, call, onemg_id):
    """The first of two that were confirmed before anything forbade it keeps the id."""
    claims = apps.get_model("payments", "ConfirmedOrder").objects
    try:
        with transaction.atomic():
            claims.create(call=call, onemg_id=onemg_id, live=True)
    except IntegrityError:
        claims.create(call=call, onemg_id=onemg_id, live=False)


class Migration(migrations.Migration):

    dependencies = [("payments", "0002_one_confirmation_an_order")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
