"""What the partners' protocols are: building a request, the one bounded way out, reading the answer, redaction."""
