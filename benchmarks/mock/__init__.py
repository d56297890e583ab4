"""How fast the mock is, beside other servers on the same machine in the same run: `python -m benchmarks.mock`."""
