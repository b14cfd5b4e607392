"""Pages and API of the orders; `api/orders/` stands in `payments.urls`, since purchases are registered there too."""

from django.urls import path

from orders import api, finding, views

app_name = "orders"

urlpatterns = [
    path("find/", finding.find, name="find"),
    path("find/<slug:key>/", finding.found, name="found"),
    path("orders/", views.order_list, name="list"),
    path("orders/<slug:merchant_order_id>/", views.purchase, name="purchase"),
    path("orders/<slug:merchant_order_id>/reviewed/", views.reviewed, name="reviewed"),
    path("api/orders/<slug:merchant_order_id>/", api.OrderDetailView.as_view(), name="api-detail"),
]
