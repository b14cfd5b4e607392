"""The refunds of before that wait for a person of ours, told to their purchases, which need somebody by that."""

from django.db import migrations

#: State -> why a person is to decide, as both were called when this was written; and the cause of the need.
WHY = {"waiting": "asked", "second": "second", "failed": "failed"}
CLOCK, CAUSE = "refund_asked", 65


def tell(apps, schema_editor):
    groups, needs = apps.get_model("orders", "OrderGroup").objects, apps.get_model("orders", "Need").objects
    refunds = apps.get_model("payments", "Refund").objects
    keys = sorted(set(refunds.filter(state__in=WHY).values_list("group", flat=True)))
    for key in keys:
        groups.select_for_update(no_key=True).only("pk").get(pk=key)
        waiting = list(refunds.filter(group=key, state__in=WHY).order_by("stands_since", "pk"))
        if not waiting:  # somebody has decided since
            continue
        oldest = waiting[0]
        told = {
            "since": oldest.stands_since.isoformat(),
            "refund_id": oldest.pk,
            "amount": str(oldest.amount),
            "why": WHY[oldest.state],
            "many": len(waiting),
        }
        groups.filter(pk=key).update(refund_to_decide=told)
        needs.create(group_id=key, clock=CLOCK, cause=CAUSE, since=oldest.stands_since, order_id="", many=0)


class Migration(migrations.Migration):
    dependencies = [("payments", "0014_since_when_refunds_stand"), ("orders", "0025_refund_to_decide")]

    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]
