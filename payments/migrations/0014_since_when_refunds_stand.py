"""Since when each refund stands as it does: kept for itself, since being asked for again is no change."""

import django.utils.timezone
from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Now


def put_what_is_known(apps, schema_editor):
    """One that waits does so since it was asked for; of others the last word is the best that was kept."""
    refunds = apps.get_model("payments", "Refund").objects
    refunds.update(stands_since=F("heard_at"))
    refunds.filter(state="waiting").update(stands_since=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("payments", "0013_when_reconciliation_ended")]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="stands_since",
            field=models.DateTimeField(
                db_default=Now(),
                default=django.utils.timezone.now,
                help_text="Since when it stands as it does (UTC).",
            ),
        ),
        migrations.RunPython(put_what_is_known, migrations.RunPython.noop),
    ]
