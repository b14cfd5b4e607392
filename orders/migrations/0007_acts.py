"""A line of the story becomes an act: what it was and its parameters, put into words when read.

The table and what the code before reads and writes in it stay; only our name for it changes.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_said")]

    operations = [
        migrations.AddField(
            model_name="timelineentry",
            name="act",
            field=models.CharField(blank=True, db_default="", default="", max_length=32),
        ),
        migrations.AddField(
            model_name="timelineentry",
            name="params",
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("TimelineEntry", "Act"),
                migrations.AlterModelTable("act", "orders_timelineentry"),
                migrations.AlterModelOptions("act", {"ordering": ("at", "id")}),
                migrations.AlterField(
                    model_name="act",
                    name="group",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="acts",
                        to="orders.ordergroup",
                    ),
                ),
                migrations.AlterField(
                    model_name="act",
                    name="order",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="acts",
                        to="orders.groupedorder",
                    ),
                ),
                migrations.AlterField(
                    model_name="act",
                    name="update",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="orders.orderupdate",
                    ),
                ),
            ],
        ),
    ]
