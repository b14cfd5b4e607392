"""Admin of what other packages bring: staff and roles, locked names, the background queue.

Whoever may do something in the admin may not come by more through it: roles are given by who holds as much, what a role
holds is for superusers, and the queue, whose rows name code, is for nobody.
"""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from axes.utils import reset
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import ManyToManyField, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_q.models import Failure, OrmQ, Schedule, Success

from onemg_portal import rights
from onemg_portal.views import SignInView
from orders.admin import ReadOnlyMixin

for _model in (User, Group, AccessAttempt, AccessLog, AccessFailureLog, Schedule, Success, Failure, OrmQ):
    admin.site.unregister(_model)

# One sign-in for both doors, with the same limits, the same words and the same care for where one wanted to go.
admin.site.login = SignInView.as_view(next_page="admin:index")  # type: ignore[assignment]


@admin.register(User)
class StaffAdmin(UserAdmin[User]):
    """Members of staff. Who is no superuser changes only those who hold no more, and gives only what they hold."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Superuser status and single permissions are given by superusers."""
        shown = super().get_readonly_fields(request, obj)
        return shown if request.user.is_superuser else (*shown, "is_superuser", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Setting a password is changing, and opens whatever its owner may do."""
        return super().has_change_permission(request, obj) and _within(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for changing; asked for each of several as well."""
        return super().has_delete_permission(request, obj) and _within(request, obj)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        """Only the roles that hold no more than who gives them."""
        if db_field.name == "groups":
            kwargs["queryset"] = rights.roles_within(request.user)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


def _within(request: HttpRequest, person: User | None) -> bool:
    return person is None or rights.within(person, request.user)


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """What the roles hold: for superusers."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A new role could hold anything."""
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who changes a role may be in it."""
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It would take from people what one does not hold."""
        return request.user.is_superuser


@admin.register(AccessAttempt)
class LockAdmin(ReadOnlyMixin, admin.ModelAdmin[Any]):
    """Wrong sign-ins of the last quarter of an hour, by name and address. What was typed is not kept."""

    list_display = ("attempt_time", "username", "ip_address", "failures_since_start")
    search_fields = ("username__exact", "ip_address__exact")
    fields = ("attempt_time", "username", "ip_address", "failures_since_start", "user_agent", "path_info")
    actions = ("unlock",)

    @admin.action(description=_("Unlock"), permissions=["delete"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        """Forget the wrong passwords of the chosen names from the chosen addresses."""
        pairs = set(queryset.values_list("username", "ip_address"))
        for name, address in pairs:
            reset(username=name, ip=address)
        said = ngettext("%(n)s name is unlocked.", "%(n)s names are unlocked.", len(pairs)) % {"n": len(pairs)}
        self.message_user(request, said)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Forgetting is unlocking."""
        return request.user.has_perm("axes.delete_accessattempt")


@admin.register(AccessLog)
class SignInAdmin(ReadOnlyMixin, admin.ModelAdmin[Any]):
    """Who signed in when."""

    list_display = ("attempt_time", "logout_time", "username", "ip_address")
    search_fields = ("username__exact", "ip_address__exact")
    fields = ("attempt_time", "logout_time", "username", "ip_address", "user_agent", "path_info")


class QueueRowAdmin(ReadOnlyMixin, admin.ModelAdmin[Any]):
    """The queue's rows: nobody makes, changes, deletes or repeats one here.

    Their pickled columns are not even loaded: a pickle runs what its writer wants.
    """

    pickled: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what is pickled."""
        return super().get_queryset(request).defer(*self.pickled)


@admin.register(Schedule)
class ScheduleAdmin(QueueRowAdmin):
    """What the worker does by the clock."""

    list_display = ("name", "func", "schedule_type", "minutes", "next_run")


@admin.register(Success, Failure)
class JobAdmin(QueueRowAdmin):
    """Jobs that are over."""

    list_display = ("name", "func", "started", "stopped", "attempt_count")
    fields = ("id", "name", "func", "group", "cluster", "started", "stopped", "success", "attempt_count")
    pickled = ("args", "kwargs", "result")


@admin.register(OrmQ)
class JobInQueueAdmin(QueueRowAdmin):
    """Jobs that wait."""

    list_display = ("id", "key", "lock")
    fields = ("id", "key", "lock")
