"""The control interface under `/sandbox`: what a merchant, a shopper, or a bad day would do to the store."""
