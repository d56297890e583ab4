"""The server processes: startup, protocol, reload."""
