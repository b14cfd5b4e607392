"""Pages and API of the orders; `api/orders/` stands in `payments.urls`, since purchases are registered there too."""

from django.urls import path

from orders import api, converters, views  # noqa: F401 - converters makes `id` known

app_name = "orders"

urlpatterns = [
    path("orders/", views.order_list, name="list"),
    path("orders/<id:merchant_order_id>/", views.purchase, name="purchase"),
    path("orders/<id:merchant_order_id>/reviewed/", views.reviewed, name="reviewed"),
    path("api/orders/<id:merchant_order_id>/", api.OrderDetailView.as_view(), name="api-detail"),
]
