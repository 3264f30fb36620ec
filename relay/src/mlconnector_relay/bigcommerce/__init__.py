"""The store's side: its REST API, its documents and its signatures, in BigCommerce's words."""
