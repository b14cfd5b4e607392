"""What purchases are found by beside 1mg's words, and the function of the index of what stands within their ids."""

from django.db import migrations, models

#: Groups of three letters of each word of a text; none goes over a blank. Word by word: a place in a long text is
#: looked for from its beginning, and a purchase of a thousand orders has a text of forty thousand letters.
FUNCTION = """
CREATE FUNCTION orders_triples(words text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    found text[] := '{}';
    word text;
BEGIN
    FOREACH word IN ARRAY string_to_array(words, ' ') LOOP
        FOR place IN 1 .. length(word) - 2 LOOP
            found := found || substr(word, place, 3);
        END LOOP;
    END LOOP;
    RETURN array_to_tsvector(found);
END $$
"""


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FUNCTION)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION orders_triples")


class Migration(migrations.Migration):
    dependencies = [("orders", "0013_care_tags_and_presence")]

    operations = [
        migrations.AddField(
            "groupedorder",
            "medicine_text",
            models.TextField(blank=True, db_default="", default="", editable=False),
        ),
        migrations.AddField(
            "ordergroup",
            "other_ids",
            models.JSONField(
                blank=True, editable=False, help_text="What other partners call it: kind -> ids.", null=True
            ),
        ),
        migrations.RunPython(create, drop),
    ]
