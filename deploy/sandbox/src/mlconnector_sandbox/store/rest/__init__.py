"""The REST interface of the store, under `/stores/{store_hash}/v2` and `/v3`."""
