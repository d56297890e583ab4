"""Which documented response a request gets, and what it is made of."""
