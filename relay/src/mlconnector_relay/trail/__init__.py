"""What happened, provably: audit records, their sealed chain, encrypted payloads, and alerts."""
