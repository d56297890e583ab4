"""The command line: one module per command, with `configure(parser)` and `run(arguments) -> int`."""
