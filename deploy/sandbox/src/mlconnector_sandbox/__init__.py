"""A whole landscape on one machine: store simulator, SAP ECC simulator, stand-in for the RFC library."""
