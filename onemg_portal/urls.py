"""Every address of the portal. The receiver's own short way in is `webhooks.middleware`."""

from django.contrib import admin
from django.urls import include, path

from onemg_portal import docs, health, metrics
from onemg_portal.keys import keys
from onemg_portal.views import SignInView, SignOutView, session
from orders.desk.now import now

urlpatterns = [
    path("", now, name="desk"),
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", SignOutView.as_view(), name="logout"),
    path("session/", session, name="session"),
    path("keys/", keys, name="keys"),
    path("", include("payments.urls")),
    path("", include("orders.urls")),
    path("", include("webhooks.urls")),
    path("api/schema/", docs.SchemaView.as_view(), name="schema"),
    path("api/docs/", docs.docs, name="docs"),
    path("api/metrics/", metrics.MetricsView.as_view(), name="metrics"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler403 = "onemg_portal.errors.forbidden"
handler404 = "onemg_portal.errors.not_found"
handler500 = "onemg_portal.errors.failed"
