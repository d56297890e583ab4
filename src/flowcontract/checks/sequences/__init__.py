"""Rules about sequences of requests: pure functions over recorded steps, from which they yield problems."""
