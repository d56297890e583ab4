"""The gate as pytest tests: `pytest --pyargs flowcontract.gates --target URL --token T --key K`."""
