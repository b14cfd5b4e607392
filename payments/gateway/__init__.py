"""What the merchant's system tells 1mg of payments, as a payment gateway does."""
