"""The demo Edge: an installation, drawn forms, and the server that tells of it."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from .acme import acme
from .forms import Forms
from .heritage import heritage
from .installation import Defect, Installation
from .pki import Authorities
from .server import Server
from .tree import Tree
from .wellkept import tryout, wellkept
from .writing import Writer

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType

    from .answers import Answer, Path


class DemoEdge:
    """A simulated Edge on loopback, running inside its `with` block.

    `now` is the time at which the certificates are as old as the defects say; `seed` draws the
    forms of the answers; `port` 0 takes a free one. It answers GET only, unless it `is_writable`:
    changes then last as long as the object. Raises ValueError for a `now` without time
    zone, and OSError where the port cannot be had.
    """

    username = "auditor@acme.example"
    password = "only-for-practice"  # noqa: S105 - opens nothing but this server on loopback

    def __init__(
        self, now: datetime, seed: int = 0, port: int = 0, *, is_writable: bool = False
    ) -> None:
        if now.tzinfo is None:
            raise ValueError("now needs a time zone")
        self._installation = installation(now)
        self._answers = _answers(now, seed)
        forms = Forms.drawn(seed)
        self._writer = (
            Writer(self._installation, now, forms, self._answers) if is_writable else None
        )
        self._port = port

    def __enter__(self) -> DemoEdge:
        self._server = Server(self._port, self._answers, self.username, self.password, self._writer)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The base URL, without `/v1`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def ca_pem(self) -> str:
        """The CA certificates that the user must configure as trusted."""
        blocks = (each.public_bytes(Encoding.PEM) for each in self._installation.trusted)
        return b"".join(blocks).decode("ascii")

    @property
    def requests(self) -> list[tuple[str, str]]:
        """What was asked so far, in order: method, and path with its query."""
        return list(self._server.requests)

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What is wrong with the installation: each the one finding that tells of it."""
        return self._installation.defects


@lru_cache(maxsize=4)
def _answers(now: datetime, seed: int) -> dict[Path, Answer]:
    return Tree(installation(now), now, Forms.drawn(seed)).answers


@lru_cache(maxsize=4)
def installation(now: datetime) -> Installation:
    """The installation with certificates made for `now`; the same one for the same time."""
    ca = Authorities(now)
    planted = [acme(ca), heritage(ca), wellkept(ca), tryout(ca)]
    drafts = [draft for _, own in planted for draft in own]
    return Installation(
        tuple(each for each, _ in planted),
        tuple(defect for draft in drafts for defect in draft.defects),
        ca.trusted,
        tuple(peer for draft in drafts for peer in draft.peers),
        tuple(each for draft in drafts for each in draft.observed),
        ca.mint.keys,
    )
