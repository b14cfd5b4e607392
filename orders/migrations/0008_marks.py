"""Marks of the texts that an order's parts were read from. The code before this one names neither column."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_acts")]

    operations = [
        migrations.AddField(
            model_name=model,
            name="marks",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        )
        for model in ("groupedorder", "ordergroup")
    ]
