"""What the relay and the agent of ml-connector agree on: protocol, frames, envelope, signing."""
