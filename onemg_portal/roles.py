"""The three roles, which span the permissions of all apps."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Q

from onemg_portal.models import OfferedPermission

_VIEW: Final = (
    "view_ordergroup",
    "view_groupedorder",
    "view_sku",
    "view_invoice",
    "view_orderupdate",
    "view_act",
    "view_need",
    "view_ask",
    "view_clocklimit",
    "view_care",
    "view_tag",
    "view_presence",
    "view_savedview",
    "view_delivery",
    "view_rejectedattempt",
    "view_nimbblevent",
    "view_partnercall",
    "view_payment",
    "view_transaction",
    "view_refund",
    "view_refundrequest",
)
_ACT: Final = (
    "change_groupedorder",
    "change_delivery",
    "view_personal_data",
    "send_partnercall",
    "settle_partnercall",
    "cancel_order",
    "track_order",
    "register_purchase",
    "refund_payment",
)
#: Besides everything of ours: staff, within what one holds (`onemg_portal.admin`), and names that are locked.
_ADMINISTER: Final = (
    "add_user",
    "change_user",
    "delete_user",
    "view_user",
    "view_group",
    "view_accesslog",
    "view_accessattempt",
    "delete_accessattempt",
)
_OURS: Final = ("orders", "payments", "webhooks")
#: Role -> which permissions it holds.
ROLES: Final = {
    "Viewer": Q(codename__in=_VIEW),
    "Operations": Q(codename__in=_VIEW + _ACT),
    "Administrator": Q(content_type__app_label__in=_OURS) | Q(codename__in=_ADMINISTER),
}
_APPS: Final = (*_OURS, "auth", "axes")


def make_roles(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Make the roles that are missing, and give each of the others its share of the permissions that are new.

    Each permission is offered once: what an owner takes from a role stays away, and nothing is taken from one here.
    """
    if OfferedPermission._meta.db_table not in connections[using].introspection.table_names():
        return  # `migrate webhooks` on a database that is not migrated whole: the roles come later
    with transaction.atomic(using=using):
        permissions = Permission.objects.using(using).filter(content_type__app_label__in=_APPS)
        offered = OfferedPermission.objects.using(using)
        new = permissions.exclude(pk__in=offered.values("permission"))
        for name, wanted in ROLES.items():
            group, made = Group.objects.using(using).get_or_create(name=name)
            share = permissions if made else new
            group.permissions.add(*share.filter(wanted))
        offered.bulk_create([OfferedPermission(permission=one) for one in new])
