"""A server that ends each connection: `rude.py PORT close|reset`."""

import socket
import struct
import sys

with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        peer, _ = server.accept()
        peer.recv(4096)
        if sys.argv[2] == "reset":
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
