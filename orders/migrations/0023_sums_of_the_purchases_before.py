"""What 1mg said of the money of all purchases, beside them, in steps.

Each step is a transaction of its own, and what is done once may be done again.
"""

from django.db import migrations

TOGETHER = 500


def put_sums(apps, schema_editor):
    if not apps.get_model("orders", "OrderGroup").objects.exists():  # or else the tables may be older than the code
        return
    from orders import rebuild

    rebuild.put_sums_anew(TOGETHER)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0022_what_days_are_summed_by")]

    operations = [migrations.RunPython(put_sums, migrations.RunPython.noop)]
