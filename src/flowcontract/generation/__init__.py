"""Where test cases come from: Schemathesis, our probes, and mutated cases."""
