"""The sandbox: plays 1mg on a developer's machine. A story says what happens to a purchase, the player posts it."""
