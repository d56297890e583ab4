"""Whether a client survives another release: the diff of two contracts, and real clients tried against the mock."""
