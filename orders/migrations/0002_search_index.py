"""The full-text indexes that PostgreSQL answers the search box from. SQLite reads the column instead.

The words are ours (`orders.finding.search.words_of`), so PostgreSQL's own parser, which splits by locale, has no part in it.
"""

from django.db import migrations

COLUMNS = (("ordergroup", "search_text"), ("ordergroup", "personal_text"), ("groupedorder", "search_text"))


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, column in COLUMNS:
            schema_editor.execute(
                f"CREATE INDEX {table}_{column}_words ON orders_{table} "
                f"USING gin (array_to_tsvector(string_to_array({column}, ' ')))"
            )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, column in COLUMNS:
            schema_editor.execute(f"DROP INDEX {table}_{column}_words")


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
