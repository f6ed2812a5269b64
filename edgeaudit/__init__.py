"""edgeaudit knows which certificate will break which API on Apigee Edge, and how to mend it."""

__version__ = "0.1.0"
