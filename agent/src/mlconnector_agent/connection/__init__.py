"""The connection: dials the relay, carries one session after another, and never gives up."""
