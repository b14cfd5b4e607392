"""What the partners come to (for reverse and the OpenAPI page; `webhooks.middleware` answers them) and the inbox."""

from django.urls import path

from webhooks import event_pages, nimbbl, pages, refund_requests, transactions, views

app_name = "webhooks"

urlpatterns = [
    path("update-status/", views.OrderUpdateView.as_view(), name="update-status"),
    path("transactions/<str:merchant_order_id>/", transactions.TransactionView.as_view(), name="transaction"),
    path("nimbbl/events/", nimbbl.NimbblEventView.as_view(), name="nimbbl-events"),
    path("refund-requests/", refund_requests.RefundRequestsView.as_view(), name="refund-requests"),
    path("refund-requests/<str:unique_id>/", refund_requests.RefundRequestView.as_view(), name="refund-request"),
    path("nimbbl/", event_pages.event_list, name="events"),
    path("nimbbl/<int:pk>/", event_pages.event, name="event"),
    path("orders/<slug:merchant_order_id>/track/", pages.track, name="track"),
    path("deliveries/", pages.delivery_list, name="deliveries"),
    path("deliveries/<int:pk>/", pages.delivery, name="delivery"),
    path("deliveries/<int:pk>/body/", pages.body, name="body"),
    path("deliveries/<int:pk>/apply-again/", pages.apply_again, name="apply-again"),
]
