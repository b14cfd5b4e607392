"""The pre-flight: what must be true before we tell 1mg to pack."""
