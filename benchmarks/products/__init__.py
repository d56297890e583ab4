"""Real servers that can be installed from PyPI and npm, and how well the gate tests them."""
