"""Which permissions the roles were offered.

Of a portal that stands: all that there are for records of which a role may do something, since the code before gave
them out so. An empty database has none yet.
"""

import django.db.models.deletion
from django.db import migrations, models

ROLES = ("Viewer", "Operations", "Administrator")
APPS = ("orders", "payments", "webhooks", "auth", "axes")


def note_what_was_offered(apps, schema_editor):
    using = schema_editor.connection.alias
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    held = permissions.filter(group__name__in=ROLES, content_type__app_label__in=APPS).values("content_type")
    offered = apps.get_model("onemg_portal", "OfferedPermission")
    rows = [offered(permission=one) for one in permissions.filter(content_type__in=held)]
    offered.objects.using(using).bulk_create(rows)


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.CreateModel(
            "OfferedPermission",
            fields=[
                (
                    "permission",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="auth.permission",
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunPython(note_what_was_offered, migrations.RunPython.noop),
    ]
