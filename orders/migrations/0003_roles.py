"""The three roles: Viewer reads, Operations acts and sees personal data, Administrator does everything."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

VIEW = ("view_ordergroup", "view_groupedorder", "view_sku", "view_invoice", "view_orderupdate", "view_timelineentry",
        "view_delivery", "view_rejectedattempt")
ACT = ("change_groupedorder", "change_delivery", "view_personal_data")
ROLES = {"Viewer": VIEW, "Operations": VIEW + ACT, "Administrator": None}


def create(apps, schema_editor):
    for label in ("orders", "webhooks", "auth"):  # permissions are otherwise made after the last migration
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    for name, codenames in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        chosen = permissions.filter(content_type__app_label__in=("orders", "webhooks", "auth"))
        group.permissions.set(chosen if codenames is None else chosen.filter(codename__in=codenames))


def drop(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0002_search_index"),
        ("webhooks", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create, drop)]
