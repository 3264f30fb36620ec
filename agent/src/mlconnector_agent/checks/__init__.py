"""What Basis asks of an agent: one check for each hop with its remedy, and the health of a running one."""
