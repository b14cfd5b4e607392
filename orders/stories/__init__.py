"""What has happened to a purchase, line by line, and how it stood at some time."""
