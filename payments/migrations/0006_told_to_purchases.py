"""What the purchases are told of their payments and calls: what is captured, and since when an update is in doubt."""

from django.db import migrations
from django.db.models import Min, OuterRef, Subquery


def tell(apps, schema_editor):
    group, payment, call = (
        apps.get_model("orders", "OrderGroup"),
        apps.get_model("payments", "Payment"),
        apps.get_model("payments", "PartnerCall"),
    )
    latest = payment.objects.filter(group=OuterRef("pk")).order_by("-created_at", "-pk")
    paid = group.objects.filter(pk__in=payment.objects.exclude(captured_amount=None).values("group"))
    paid.update(captured_amount=Subquery(latest.values("captured_amount")[:1]))
    doubtful = call.objects.filter(operation="update_order", state="unknown").values("group")
    for row in doubtful.annotate(since=Min("finished_at")).order_by():
        group.objects.filter(pk=row["group"]).update(doubt_since=row["since"])


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_quote_what_staff_wrote"), ("orders", "0012_needs")]

    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]
