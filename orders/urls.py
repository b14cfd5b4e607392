"""Pages and API of the orders."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from orders import api, views

app_name = "orders"


class IdConverter(StringConverter):
    """An id as 1mg and the merchant make them; any other is 404 without a question to the database."""

    regex = "[A-Za-z0-9_-]{1,64}"


register_converter(IdConverter, "id")

urlpatterns = [
    path("orders/", views.order_list, name="list"),
    path("orders/<id:merchant_order_id>/", views.purchase, name="purchase"),
    path("orders/<id:merchant_order_id>/reviewed/", views.reviewed, name="reviewed"),
    path("api/orders/", api.OrderListView.as_view(), name="api-list"),
    path("api/orders/<id:merchant_order_id>/", api.OrderDetailView.as_view(), name="api-detail"),
]
