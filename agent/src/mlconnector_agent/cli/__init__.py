"""The command line Basis works with: one module for each group of commands."""
