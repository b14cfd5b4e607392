"""The receiver (for reverse and the OpenAPI page; `webhooks.middleware` answers it) and the inbox."""

from django.urls import path

from webhooks import pages, views

app_name = "webhooks"

urlpatterns = [
    path("update-status/", views.OrderUpdateView.as_view(), name="update-status"),
    path("orders/<slug:merchant_order_id>/track/", pages.track, name="track"),
    path("deliveries/", pages.delivery_list, name="deliveries"),
    path("deliveries/<int:pk>/", pages.delivery, name="delivery"),
    path("deliveries/<int:pk>/body/", pages.body, name="body"),
    path("deliveries/<int:pk>/apply-again/", pages.apply_again, name="apply-again"),
]
