"""The commands of `mlconnector-relay`, one module per group."""
