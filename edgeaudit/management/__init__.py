"""Reading an installation through Edge's management API."""
