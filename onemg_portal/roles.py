"""The three roles, which span the permissions of all apps."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q

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
    """Make the roles that are missing. One that exists is left as its administrator made it.

    But for records of which no role may do anything yet: they came with an upgrade, and their share is added to each.
    """
    permissions = Permission.objects.using(using).filter(content_type__app_label__in=_APPS)
    given = permissions.filter(group__name__in=ROLES).values_list("content_type", flat=True)
    new = permissions.exclude(content_type__in=set(given))
    for name, wanted in ROLES.items():
        group, made = Group.objects.using(using).get_or_create(name=name)
        share = permissions if made else new
        group.permissions.add(*share.filter(wanted))
