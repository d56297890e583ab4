"""The phases of a run: one success for each operation, our probes, and the phases of Schemathesis."""
