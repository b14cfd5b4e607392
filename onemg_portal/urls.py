"""Every address of the portal. The receiver's own short way in is `webhooks.middleware`."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.generic import RedirectView

from onemg_portal import docs, health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="orders:list"), name="desk"),
    path(
        "login/",
        auth.LoginView.as_view(template_name="login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("", include("payments.urls")),
    path("", include("orders.urls")),
    path("", include("webhooks.urls")),
    path("api/schema/", docs.SchemaView.as_view(), name="schema"),
    path("api/docs/", docs.docs, name="docs"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler404 = "onemg_portal.errors.not_found"
handler500 = "onemg_portal.errors.failed"
