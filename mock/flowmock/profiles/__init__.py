"""Server profiles: how a kind of server responds where its contract is silent."""
