"""A simulator of SAP ECC 6.0: an application server on port 33NN with function modules, LUWs, and real books."""
