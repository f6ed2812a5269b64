"""PORT VERSION server|mutual: a server of Python, which answers one line and closes."""

import socket
import ssl
import sys

port, version, mode = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.set_ciphers("ALL:@SECLEVEL=0")
context.minimum_version = context.maximum_version = ssl.TLSVersion[version.replace(".", "_")]
context.load_cert_chain("full.pem", "good.key")
context.load_verify_locations("root.pem")
if mode == "mutual":
    context.verify_mode = ssl.CERT_REQUIRED
with socket.create_server(("127.0.0.1", int(port))) as listener:
    while True:
        plain, _ = listener.accept()
        try:
            with context.wrap_socket(plain, server_side=True) as connection:
                if connection.recv(1000):
                    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nfine")
                connection.unwrap()
        except OSError as error:
            print(error, file=sys.stderr)
