"""What the updates' own rows tell of a delivery is not kept with the delivery, too.

The code before this one does not name `brought`, and writes all of it in `results`: then it is null.
"""

from django.db import migrations, models


def keep_bodies_as_they_are(apps, schema_editor):
    """PostgreSQL would compress each body by itself, which costs more time than its two kilobytes are worth."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE webhooks_delivery ALTER COLUMN body SET STORAGE EXTERNAL")


def compress_bodies(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE webhooks_delivery ALTER COLUMN body SET STORAGE EXTENDED")


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0004_filling_said")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="brought",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="took_ms",
            field=models.PositiveIntegerField(help_text="Where it took longer than usual.", null=True),
        ),
        migrations.RunPython(keep_bodies_as_they_are, compress_bodies),
    ]
