"""Two lines of one SKU are two lines: the key of a line is wide enough for an id and the number of its repetition.

The code before goes on: it never names `again`, and its key is a key still.
"""

from django.db import migrations, models


def forget_repetitions(apps, schema_editor):
    """Backwards: the code before knows one line of a SKU, and its column is too narrow for some of these keys."""
    apps.get_model("orders", "Sku").objects.filter(again__gt=0).delete()


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_acting_on_orders")]

    operations = [
        migrations.AddField(
            model_name="sku",
            name="again",
            field=models.PositiveIntegerField(
                db_default=0, help_text="0 for the first line of its SKU, n for its n-th repetition."
            ),
        ),
        migrations.AlterField(
            model_name="sku",
            name="sku_id",
            field=models.CharField(max_length=80),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_repetitions),
    ]
