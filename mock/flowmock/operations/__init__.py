"""The operations of a contract: which of its responses a permitted, valid request gets."""
