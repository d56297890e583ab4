"""One module for each subcommand: `configure(parser)` and `run(arguments) -> int`."""
