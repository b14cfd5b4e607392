"""Once filled in what the updates of the landing before said; 0007 does that where it is still wanting."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0003_finishing_pending"), ("orders", "0007_acts")]

    operations = []
