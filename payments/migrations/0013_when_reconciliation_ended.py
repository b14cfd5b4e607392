"""When the last run of asking Nimbbl by the clock came to its end."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0012_sums_of_the_payments_before")]

    operations = [
        migrations.CreateModel(
            "ReconciliationRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("finished_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("asked", models.PositiveIntegerField(help_text="So many payments were asked about.")),
            ],
            options={"default_permissions": ()},
        ),
    ]
