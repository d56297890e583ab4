"""A mock server that is driven by the contract alone."""
