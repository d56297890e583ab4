"""Changes that clients make, kept in memory."""
