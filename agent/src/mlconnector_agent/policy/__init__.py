"""What Basis permits the relay to ask of SAP: limits on every parameter, pure, deny by default."""
