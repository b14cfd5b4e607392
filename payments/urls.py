"""Acting on orders: the actions, the calls, registration, and the check of the partners."""

from django.urls import path

from payments import views
from payments.cancelling import views as cancelling
from payments.refunds import views as refunds
from payments.registration import api
from payments.registration import views as registration_views
from payments.several import views as several

app_name = "payments"

urlpatterns = [
    path("orders/<slug:merchant_order_id>/confirm/", views.confirm, name="confirm"),
    path("orders/<slug:merchant_order_id>/cancel/", cancelling.cancel, name="cancel"),
    path("orders/<slug:merchant_order_id>/nimbbl-update/", views.nimbbl_update, name="nimbbl-update"),
    path("orders/<slug:merchant_order_id>/same-order/<slug:other_id>/", views.same_order, name="same-order"),
    path("orders/<slug:merchant_order_id>/refund/", refunds.start, name="start-refund"),
    path("refunds/<int:pk>/", refunds.refund, name="refund"),
    path("refunds/<int:pk>/approve/", refunds.approve, name="approve-refund"),
    path("refunds/<int:pk>/decline/", refunds.decline, name="decline-refund"),
    path("refunds/<int:pk>/send-again/", refunds.send_again, name="send-refund-again"),
    path("refunds/<int:pk>/ask/", refunds.ask_nimbbl, name="ask-of-refund"),
    path("confirm/", several.confirm, name="confirm-several"),
    path("confirm/result/", several.result, name="several-result"),
    path("partners/", views.partners, name="partners"),
    path("calls/", views.call_list, name="calls"),
    path("calls/<int:pk>/", views.call, name="call"),
    path("calls/<int:pk>/settle/", views.settle, name="settle"),
    path("calls/<int:pk>/resend/", views.resend, name="resend"),
    path("calls/<int:pk>/send-now/", views.send_now, name="send-now"),
    path("calls/<int:pk>/drop/", views.drop, name="drop"),
    path("register/", registration_views.register, name="register"),
    path("register/csv/", registration_views.register_csv, name="register-csv"),
    path("api/orders/", api.OrdersView.as_view(), name="api-list"),
    path("api/orders/<slug:merchant_order_id>/", api.OrderView.as_view(), name="api-detail"),
]
