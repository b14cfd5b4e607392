"""Pages and API of the orders."""

from django.urls import path

from orders import api, views

app_name = "orders"

urlpatterns = [
    path("orders/", views.order_list, name="list"),
    path("orders/<str:merchant_order_id>/", views.purchase, name="purchase"),
    path("orders/<str:merchant_order_id>/reviewed/", views.reviewed, name="reviewed"),
    path("api/orders/", api.OrderListView.as_view(), name="api-list"),
    path("api/orders/<str:pk>/", api.OrderDetailView.as_view(), name="api-detail"),
]
