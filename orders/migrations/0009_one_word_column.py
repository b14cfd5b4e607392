"""A purchase carries the words of its orders too, so that these need no full-text index of their own.

Which words they are is worked out with the rest by webhooks/0004.
"""

from django.db import migrations


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX groupedorder_search_text_words")


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX groupedorder_search_text_words ON orders_groupedorder "
            "USING gin (array_to_tsvector(string_to_array(search_text, ' ')))"
        )


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_marks")]

    operations = [migrations.RunPython(drop, create)]
