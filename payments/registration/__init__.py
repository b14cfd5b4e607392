"""What the merchant's shop says of a purchase, by the API, by the form and by the CSV import."""
