"""RFC connections in child processes, one connection each, so that a hung or crashed SDK is killed, not awaited."""
