"""Where the store's words become SAP's: mapping, documents and references; pure decisions, no I/O."""
