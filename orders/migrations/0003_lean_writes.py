"""What PostgreSQL need not do for every update.

Django adds a second index to each text key for LIKE, which nothing here asks. And a page with some room lets a purchase
whose indexed columns did not change be written again without touching its indexes.
"""

from django.db import migrations

TABLES = ("orders_ordergroup", "orders_groupedorder", "orders_sku", "orders_invoice", "orders_orderupdate",
          "orders_timelineentry")


def create(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in ("orders_ordergroup", "orders_groupedorder"):
        schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = 80)")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = ANY(%s) AND indexname LIKE %s", [list(TABLES), r"%\_like"]
        )
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        schema_editor.execute(f'DROP INDEX "{name}"')


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_search_index")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
