"""A whole ml-connector landscape on loopback: store, relay, agent and ECC as processes of their own."""
