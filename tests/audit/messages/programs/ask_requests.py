"""Ask a server by requests: `ask_requests.py PORT HOST [CERTIFICATE KEY]`."""

import socket
import sys

import requests

port, host, *own = sys.argv[1:]
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda _host, *rest, **more: resolve("127.0.0.1", *rest, **more)
answer = requests.get(
    f"https://{host}:{port}/", verify="root.pem", cert=(own[0], own[1]) if own else None, timeout=60
)
print(answer.text)
