"""The journal: recorded exchanges, verification, HAR, curl, metrics."""
