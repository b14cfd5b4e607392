"""PostgreSQL's index of what stands within ids, made while 1mg goes on posting; what a broken attempt left goes first."""

from django.db import migrations

INDEX = "ordergroup_search_text_triples"


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        drop(apps, schema_editor)
        schema_editor.execute(
            f"CREATE INDEX CONCURRENTLY {INDEX} ON orders_ordergroup USING gin (orders_triples(search_text))"
        )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0015_words_that_find")]

    operations = [migrations.RunPython(create, drop)]
