"""The tunnel's relay end: agents enrol, dial in over mutual TLS, and are sent sealed envelopes under credit."""
