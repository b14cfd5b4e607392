"""When Nimbbl is asked about a payment next; at once about what was registered in the last days."""

from datetime import timedelta

from django.db import migrations, models
from django.db.models.functions import Now
from django.utils import timezone

import payments.models.money


def ask_about_the_latest(apps, schema_editor):
    now = timezone.now()
    latest = apps.get_model("payments", "Payment").objects.filter(created_at__gte=now - timedelta(days=3))
    latest.update(next_ask_at=now)


class Migration(migrations.Migration):
    dependencies = [("payments", "0010_cancelling_at_1mg")]

    operations = [
        migrations.AddField(
            "payment",
            "moved_at",
            models.DateTimeField(blank=True, help_text="When its amounts last changed (UTC).", null=True),
        ),
        # The rows that stand get none: with a default of the database's all of them would be due at once.
        migrations.AddField("payment", "next_ask_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunPython(ask_about_the_latest, migrations.RunPython.noop),
        migrations.AlterField(
            "payment",
            "next_ask_at",
            models.DateTimeField(
                blank=True,
                db_default=Now(),
                default=payments.models.money.first_ask,
                help_text="When Nimbbl is to be asked about it next (UTC).",
                null=True,
            ),
        ),
        migrations.AddIndex(
            "payment",
            models.Index(
                condition=models.Q(("next_ask_at__isnull", False)), fields=["next_ask_at"], name="payment_to_ask_about"
            ),
        ),
    ]
