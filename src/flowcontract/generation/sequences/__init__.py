"""What sequences of requests are made of: kinds of resources, valid and invalid bodies, queries of lists."""
