"""Generated bodies: values, strings, media types."""
