"""OpenAPI documents of every version, read into one model."""
