"""What tells us to look at an order: callbacks and the sweep."""
