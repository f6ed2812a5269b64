"""Telling people and machines of what an audit found, once: by mail and by webhook."""
