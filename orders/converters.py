"""What may stand in an address in the place of an id."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class IdConverter(StringConverter):
    """An id as 1mg and the merchant make them; any other is 404 without a question to the database."""

    regex = "[A-Za-z0-9_-]{1,64}"


register_converter(IdConverter, "id")
