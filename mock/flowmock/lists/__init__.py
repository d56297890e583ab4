"""How a list is made: which items, in which order, on which page, in which envelope."""
