"""Reports of fuzz campaigns."""
