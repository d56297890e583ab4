"""What is measured, beside what others do, in one run: `python -m benchmarks`."""
