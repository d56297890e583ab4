"""The server processes: startup, reload, network faults."""
