"""Hold a server, its published contract and its clients to each other."""
