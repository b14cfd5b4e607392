"""Marks of the texts that an order's parts were read from, and updates that are recorded without a look at the order.

The code before this one names no marks, and asks for no constraint: it holds the order while it records an update.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_acts")]

    operations = [
        *(
            migrations.AddField(
                model_name=model,
                name="marks",
                field=models.TextField(blank=True, db_default="", default="", editable=False),
            )
            for model in ("groupedorder", "ordergroup")
        ),
        migrations.AlterField(
            model_name="orderupdate",
            name="order",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="updates",
                to="orders.groupedorder",
            ),
        ),
    ]
