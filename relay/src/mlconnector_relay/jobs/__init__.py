"""The durable work queue: one job per order, leased, coalesced, retried, parked."""
