"""A BigCommerce store on loopback: REST as the API documents say, signed callbacks, and a control interface."""
