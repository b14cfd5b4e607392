"""What purchases need, and whatever else this code works out of updates, for those that the code before has recorded.

A purchase a transaction: what is done stays done where this is stopped, and the next `migrate` goes on. The code before
may go on receiving meanwhile: what it writes then is put right by the worker (`webhooks.filling.fill_newest`).
"""

from django.db import migrations


def fill(apps, schema_editor):
    if apps.get_model("orders", "OrderGroup").objects.exists():  # or else the tables may be older than the code
        from webhooks import filling

        filling.fill_all()


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("webhooks", "0006_refused_and_pending"),
        ("orders", "0021_updates_of_the_code_before"),
        ("payments", "0007_found_by_nimbbls_ids"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
