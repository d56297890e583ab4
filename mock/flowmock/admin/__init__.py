"""The mock's admin interface under `/__mock__/`."""
