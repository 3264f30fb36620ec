"""Compare an order as it is now with what was posted, and do what is still owed."""
