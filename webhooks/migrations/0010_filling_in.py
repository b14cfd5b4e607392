"""Whatever this code works out of updates, for those that code of before has recorded and nothing has filled in.

After the columns that the filling reads and writes. A purchase a transaction: what is done stays done where this is
stopped, and the next `migrate` goes on. The code before may go on receiving meanwhile: what it writes then is put right
by the worker (`webhooks.filling.fill_newest`).
"""

from django.db import migrations


def fill(apps, schema_editor):
    if apps.get_model("orders", "OrderGroup").objects.exists():  # or else the tables may be older than the code
        from webhooks import filling

        filling.fill_all()


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("webhooks", "0009_source_of_deliveries"),
        ("orders", "0025_refund_to_decide"),
        ("payments", "0015_refunds_to_decide"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
