"""What the updates of the landing before said, and what follows from it, from the kept bytes.

A purchase a transaction: what is done stays done where this is stopped, and the next `migrate` goes on. The code before
may go on receiving meanwhile. The landing after this one may empty it: then every update says what it said.
"""

from django.db import migrations


def fill(apps, schema_editor):
    if apps.get_model("orders", "OrderGroup").objects.exists():  # or else the tables may be older than the code
        from webhooks import filling

        filling.fill_all()


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("webhooks", "0003_finishing_pending"), ("orders", "0007_acts")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
