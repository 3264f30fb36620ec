"""The control interface: HTTP on loopback to script faults, keep master data and read the books back."""
