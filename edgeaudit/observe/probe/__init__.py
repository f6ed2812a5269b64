"""Asking services what they do in TLS, one connection a question."""
