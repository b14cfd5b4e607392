"""Pages and API of the orders; `api/orders/` stands in `payments.urls`, since purchases are registered there too."""

from django.urls import path

from orders import api, finding, now, views, waiting_lists
from orders.care import views as care
from orders.revealing import views as revealing

app_name = "orders"

urlpatterns = [
    path("pulse/", now.pulse, name="pulse"),
    path("find/", finding.find, name="find"),
    path("find/hits/", finding.hits, name="hits"),
    path("find/<slug:key>/", finding.found, name="found"),
    path("prescriptions/", waiting_lists.papers, name="papers"),
    path("refunds/", waiting_lists.refunds, name="refunds"),
    path("orders/", views.order_list, name="list"),
    path("orders/<slug:merchant_order_id>/", views.purchase, name="purchase"),
    path("orders/<slug:merchant_order_id>/reviewed/", views.reviewed, name="reviewed"),
    path("orders/<slug:merchant_order_id>/reveal/", revealing.reveal, name="reveal"),
    path("orders/<slug:merchant_order_id>/reveal-to-call/", revealing.reveal_to_call, name="reveal-to-call"),
    path("orders/<slug:merchant_order_id>/note/", care.note, name="note"),
    path("orders/<slug:merchant_order_id>/tag/", care.tag, name="tag"),
    path("orders/<slug:merchant_order_id>/untag/", care.untag, name="untag"),
    path("orders/<slug:merchant_order_id>/take/", care.take, name="take"),
    path("orders/<slug:merchant_order_id>/give-back/", care.give_back, name="give-back"),
    path("orders/<slug:merchant_order_id>/put-off/", care.put_off, name="put-off"),
    path("orders/<slug:merchant_order_id>/call/", care.call, name="call"),
    path("orders/<slug:merchant_order_id>/wake/", care.wake, name="wake"),
    path("orders/<slug:merchant_order_id>/opened/", care.opened, name="opened"),
    path("api/orders/<slug:merchant_order_id>/", api.OrderDetailView.as_view(), name="api-detail"),
]
