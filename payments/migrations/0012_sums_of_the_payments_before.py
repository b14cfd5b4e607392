"""What the orders at Nimbbl come to, told to all purchases of before, in steps that may be done again."""

from django.db import migrations

TOGETHER = 500


def tell_sums(apps, schema_editor):
    if not apps.get_model("payments", "Payment").objects.exists():  # or else the tables may be older than the code
        return
    from payments.reconciliation import sums

    sums.tell_all(TOGETHER)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("payments", "0011_when_to_ask_next"),
        ("orders", "0022_what_days_are_summed_by"),
    ]

    operations = [migrations.RunPython(tell_sums, migrations.RunPython.noop)]
