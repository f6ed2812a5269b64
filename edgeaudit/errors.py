"""Everything edgeaudit raises on purpose.

EdgeauditError          a sentence for the user, and a hint what to do
├── ConfigError         a configuration that cannot be used
├── InputError          a file or an option that cannot be used
│   ├── NoCertificate   a file that holds no certificate
│   └── UnsafeName      a name that cannot be asked for without reaching another resource
├── BadAnswer           an answer that is not what was asked for
├── Busy                another run is at it
├── DeliveryError       a report that could not be put where it should go
└── MissingLibrary      this machine lacks a library that edgeaudit stands on
"""

from __future__ import annotations


class EdgeauditError(Exception):
    """A failure that the user can understand: one sentence, and a hint (may be empty)."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(EdgeauditError):
    """A configuration that cannot be used."""


class InputError(EdgeauditError):
    """A file or an option that cannot be used."""


class NoCertificate(InputError):
    """A file that holds no certificate."""


class UnsafeName(InputError):
    """A name that cannot be asked for without reaching another resource: empty, `.` or `..`."""


class BadAnswer(EdgeauditError):
    """An answer that is not what was asked for."""


class Busy(EdgeauditError):
    """Another run is at it."""


class DeliveryError(EdgeauditError):
    """A report that could not be put where it should go."""


class MissingLibrary(EdgeauditError):
    """This machine lacks a library that edgeaudit stands on."""
