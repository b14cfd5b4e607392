"""Nothing any more: 0015 makes the words anew, once the columns are there that it needs."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_city_word")]

    operations = []
