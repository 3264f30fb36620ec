"""The tie-out: what stands in SAP, compared with the ledger and with the store."""
