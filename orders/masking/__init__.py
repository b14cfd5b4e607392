"""Who may not see personal data, and what is shown instead."""
