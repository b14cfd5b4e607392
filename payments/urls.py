"""Acting on orders: the two actions, the calls, registration, and the check of the partners."""

from django.urls import path

app_name = "payments"

urlpatterns: list[object] = []
