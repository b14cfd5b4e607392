"""What each update said, in few values: the story is worked out from them.

`webhooks` fills it for the updates of the landing before, since it has the bytes. The code before goes on: it names no
`said`, and the database has an empty list for the code after, which says no `changes`.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_lines_of_one_sku")]

    operations = [
        migrations.AddField(
            model_name="orderupdate",
            name="said",
            field=models.JSONField(
                help_text="`orders.said.said_of` the update; null until it is filled in.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="orderupdate",
            name="changes",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
