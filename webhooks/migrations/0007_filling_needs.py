"""Once filled in what purchases need; 0010 does that where it is still wanting."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks", "0006_refused_and_pending"),
        ("orders", "0021_updates_of_the_code_before"),
        ("payments", "0007_found_by_nimbbls_ids"),
    ]

    operations = []
