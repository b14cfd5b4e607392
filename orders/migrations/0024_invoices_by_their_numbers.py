"""The invoices of all orders in the order of their numbers, and no longer of the keys they came by, in steps.

Each step is a transaction of its own, and what is done once may be done again.
"""

from django.db import migrations

TOGETHER = 500


def make_anew(apps, schema_editor):
    if not apps.get_model("orders", "OrderGroup").objects.exists():  # or else the tables may be older than the code
        return
    from orders import rebuild

    rebuild.put_invoices_anew(TOGETHER)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0023_sums_of_the_purchases_before")]

    operations = [migrations.RunPython(make_anew, migrations.RunPython.noop)]
