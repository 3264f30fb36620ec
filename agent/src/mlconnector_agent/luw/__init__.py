"""The executor: one envelope is one LUW; what cannot be known at once is proven afterwards."""
