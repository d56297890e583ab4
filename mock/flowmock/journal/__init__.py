"""What was requested and how it was answered, in the formats that tools read."""
