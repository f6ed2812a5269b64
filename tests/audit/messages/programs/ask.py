"""Ask a server by Python's own means: `ask.py PORT HOST VERSION [CERTIFICATE KEY]`."""

import socket
import ssl
import sys
import urllib.request

port, host, version, *own = sys.argv[1:]
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda _host, *rest, **more: resolve("127.0.0.1", *rest, **more)
context = ssl.create_default_context(cafile="root.pem")
context.minimum_version = context.maximum_version = ssl.TLSVersion[
    f"TLSv{version.replace('.', '_')}"
]
if own:
    context.load_cert_chain(*own)
urllib.request.urlopen(f"https://{host}:{port}/", context=context, timeout=60).read()
