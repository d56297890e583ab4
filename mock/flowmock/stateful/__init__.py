"""Resources that clients create, change and delete, kept in memory."""
