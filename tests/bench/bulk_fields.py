"""The forty columns of the bulk table, as both the tunnel's reader and pyrfc alone ask for them."""

__all__ = ["FIELDS", "PAGE_ROWS"]

FIELDS = ("MANDT", "MATNR", *(f"F{number:02d}" for number in range(1, 39)))
PAGE_ROWS = 2000
"""As a table read of the product does by default."""
