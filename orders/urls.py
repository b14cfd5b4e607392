"""Pages and API of the orders; `api/orders/` stands in `payments.urls`, where the shop also writes."""

from django.urls import path

from orders import views
from orders.asks import views as asks
from orders.care import views as care
from orders.clocks import views as clocks
from orders.daybook import views as daybook
from orders.desk import now, waiting_lists
from orders.finding import views as finding
from orders.listing import views as listing
from orders.revealing import views as revealing
from orders.saved import views as saved

app_name = "orders"

urlpatterns = [
    path("pulse/", now.pulse, name="pulse"),
    path("find/", finding.find, name="find"),
    path("find/hits/", finding.hits, name="hits"),
    path("find/<slug:key>/", finding.found, name="found"),
    path("prescriptions/", waiting_lists.papers, name="papers"),
    path("refunds/", waiting_lists.refunds, name="refunds"),
    path("money/", daybook.money, name="money"),
    path("money/days/csv/", daybook.days_csv, name="money-days-csv"),
    path("money/purchases/csv/", daybook.purchases_csv, name="money-purchases-csv"),
    path("orders/", listing.purchases, name="list"),
    path("views/", saved.views, name="views"),
    path("views/counts/", saved.counts, name="view-counts"),
    path("views/save/", saved.save, name="view-save"),
    path("views/<int:saved_id>/rename/", saved.rename, name="view-rename"),
    path("views/<int:saved_id>/share/", saved.share, name="view-share"),
    path("views/<int:saved_id>/delete/", saved.delete, name="view-delete"),
    path("asks/", asks.to_ask, name="asks"),
    path("asks/ask/", asks.ask, name="ask"),
    path("asks/csv/", asks.csv_of_ticked, name="asks-csv"),
    path("asks/<slug:batch>/", asks.asked, name="asked"),
    path("asks/<slug:batch>/csv/", asks.asked_csv, name="asked-csv"),
    path("limits/", clocks.table, name="limits"),
    path("limits/<slug:clock>/", clocks.put, name="put-limit"),
    path("limits/<slug:clock>/take-back/", clocks.take_back, name="take-back-limit"),
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
    path("orders/<slug:merchant_order_id>/ask/", asks.ask_of_one, name="ask-of-one"),
    path("orders/<slug:merchant_order_id>/answer/", asks.answer, name="answer"),
    path("orders/<slug:merchant_order_id>/not-asked/", asks.withdraw, name="not-asked"),
    path("orders/<slug:merchant_order_id>/wake/", care.wake, name="wake"),
    path("orders/<slug:merchant_order_id>/opened/", care.opened, name="opened"),
]
