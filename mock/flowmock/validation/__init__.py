"""Whether a request is what the contract documents."""
