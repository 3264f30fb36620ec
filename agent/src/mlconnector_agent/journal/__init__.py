"""What this agent has executed, on disk before the next act: phases, outcomes, and results until acknowledged."""
