"""nginx configurations with overrides and mistakes, for our reading and for nginx itself.

Each is the text of nginx.conf's `http` block, or several files; `$A` and `$B` are ports, `C1` and
`C2` what names a certificate and its key (a.example, b.example).
"""

from __future__ import annotations

C1 = "ssl_certificate c1.pem; ssl_certificate_key k1.pem;"
C2 = "ssl_certificate c2.pem; ssl_certificate_key k2.pem;"
_TWO = "server { listen $A ssl; server_name a.example; C1 %s }"
_TWO += " server { listen $A ssl; server_name b.example; C2 %s }"
Files = dict[str, str]


def _two(http: str, first: str, second: str) -> Files:
    return {"": f"{http} {_TWO % (first, second)}"}


GOOD: dict[str, Files] = {
    "http alone": _two("ssl_protocols TLSv1.2;", "", ""),
    "server over http": _two("ssl_protocols TLSv1.2;", "ssl_protocols TLSv1.3;", ""),
    "the first server chooses": _two("", "ssl_protocols TLSv1.2;", "ssl_protocols TLSv1.3;"),
    "http stands after": {
        "": f"{_TWO % ('', '')} ssl_protocols TLSv1.3; ssl_ciphers AES256-SHA:AES128-SHA;"
    },
    "the marked server chooses": {
        "": "server { listen $A ssl; server_name a.example; C1 ssl_protocols TLSv1.2; }"
        " server { listen $A ssl default_server; server_name b.example; C2 ssl_protocols TLSv1.3; }"
    },
    "the old mark": {
        "": "server { listen $A ssl; server_name a.example; C1 ssl_protocols TLSv1.2; }"
        " server { listen $A default ssl; server_name b.example; C2 ssl_protocols TLSv1.3; }"
    },
    "protocols add up": _two("ssl_protocols TLSv1.2; ssl_protocols TLSv1.3;", "", ""),
    "protocols do not add up with http's": _two(
        "ssl_protocols TLSv1.2;", "ssl_protocols TLSv1.3; ssl_protocols TLSv1.3;", ""
    ),
    "old protocols": _two("ssl_protocols TLSv1 TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;", "", ""),
    "case of letters": _two("ssl_protocols tlsv1.2 TLSV1.3;", "", ""),
    "quoted": _two("ssl_protocols \"TLSv1.2\" 'TLSv1.3';", "", ""),
    "quoted ciphers": _two('ssl_protocols TLSv1.2; ssl_ciphers "AES128-SHA AES256-SHA";', "", ""),
    "own ciphers": _two(
        "ssl_protocols TLSv1.2;", "ssl_ciphers ECDHE+AESGCM;", "ssl_ciphers AES256-SHA;"
    ),
    "ciphers of http": _two(
        "ssl_protocols TLSv1.2; ssl_ciphers HIGH:!aNULL:!MD5;", "", "ssl_ciphers kRSA+AES128;"
    ),
    "unknown cipher beside a known one": _two("ssl_ciphers FOO:AES128-SHA;", "", ""),
    "comments": _two(
        "# ssl_protocols TLSv1.3;\n ssl_protocols # why\n TLSv1.2 # TLSv1.3;\n ;", "", ""
    ),
    "a mark in a word is none": _two("log_format x '#{;}$host'; ssl_protocols TLSv1.2;", "", ""),
    "verify": _two("", "ssl_verify_client on; ssl_client_certificate c2.pem;", ""),
    "verify of http": _two(
        "ssl_verify_client optional; ssl_client_certificate c2.pem;", "", "ssl_verify_client off;"
    ),
    "verify without CA": _two("", "ssl_verify_client optional_no_ca;", ""),
    "reject": {
        "": "server { listen $A ssl; ssl_reject_handshake on; ssl_protocols TLSv1.2; }"
        " server { listen $A ssl; server_name b.example; C2 ssl_protocols TLSv1.3; }"
    },
    "ssl on one of two": {
        "": "server { listen $A; server_name a.example; C1 ssl_protocols TLSv1.2; }"
        " server { listen $A ssl; server_name b.example; C2 ssl_protocols TLSv1.3; }"
    },
    "ssl on": {"": "server { listen $A; ssl on; server_name a.example; C1 }"},
    "two ports": {
        "": "server { listen $A ssl; listen $B ssl; server_name a.example; C1"
        " ssl_protocols TLSv1.2; } server { listen $B ssl default_server; server_name b.example;"
        " C2 ssl_protocols TLSv1.3; }"
    },
    "an address of its own": {
        "": "server { listen $A ssl; server_name a.example; C1 ssl_protocols TLSv1.2; }"
        " server { listen 127.0.0.1:$A ssl; server_name b.example; C2 ssl_protocols TLSv1.3; }"
    },
    "certificates of http": {
        "": "C1 server { listen $A ssl; server_name a.example; }"
        " server { listen $A ssl; server_name b.example; C2 }"
    },
    "included": {
        "": "include conf.d/*.conf;",
        "conf.d/0-default.conf": "ssl_protocols TLSv1.2;\n server { listen $A ssl; C1 }",
        "conf.d/acme_prod_vh.conf": "server { listen $A ssl; server_name b.example; C2\n"
        "ssl_protocols TLSv1.3; }",
        "conf.d/.hidden.conf": "ssl_protocols TLSv1.1;",
    },
    "included in a server": {
        "": "server { listen $A ssl; server_name a.example; C1 include vh.customer/x/*.conf; }"
        " include nothing*.conf;",
        "vh.customer/x/ssl.conf": "ssl_protocols TLSv1.3;",
        "conf.d/unused.conf": "ssl_protocols TLSv1;",
    },
    "included from an included one": {
        "": "include conf.d/a.conf;",
        "conf.d/a.conf": "include conf.d/b.conf; server { listen $A ssl; C1 }",
        "conf.d/b.conf": "ssl_protocols TLSv1.3;",
    },
    "included in the order of names": {
        "": "include conf.d/*.conf;",
        "conf.d/b.conf": "server { listen $A ssl; server_name b.example; C2"
        " ssl_protocols TLSv1.3; }",
        "conf.d/B.conf": "server { listen $A ssl; server_name a.example; C1"
        " ssl_protocols TLSv1.2; }",
    },
    "backslashes": _two('log_format y "a\\"b;{\\\'"; ssl_protocols TLSv1.3;', "", ""),
}

MISTAKEN: dict[str, Files] = {
    "ciphers twice": _two("ssl_ciphers HIGH; ssl_ciphers LOW;", "", ""),
    "ciphers with blanks": _two("ssl_ciphers HIGH LOW;", "", ""),
    "no value": _two("ssl_protocols;", "", ""),
    "no such protocol": _two("ssl_protocols TLS1.2;", "", ""),
    "a comma": _two("ssl_protocols TLSv1.2,TLSv1.3;", "", ""),
    "a comment in a word": _two("ssl_protocols TLSv1.2#x;", "", ""),
    "neither on nor off": _two("ssl_prefer_server_ciphers yes;", "", ""),
    "no such verification": _two("ssl_verify_client maybe;", "", ""),
    "verification twice": _two(
        "", "ssl_verify_client off; ssl_verify_client on; ssl_client_certificate c1.pem;", ""
    ),
    "verification without CA": _two("", "ssl_verify_client on;", ""),
    "a missing file": _two("include gone.conf;", "", ""),
    "a file that includes itself": {"": "include a.conf;", "a.conf": "include a.conf;"},
    "no certificate": {"": "server { listen $A ssl; }"},
    "no certificate behind one that rejects": {
        "": "server { listen $A ssl; ssl_reject_handshake on; }"
        " server { listen $A ssl; server_name a.example; }"
    },
    "no key": {"": "server { listen $A ssl; ssl_certificate c1.pem; }"},
    "listening twice": {"": "server { listen $A; listen $A; }"},
    "two first servers": {
        "": "server { listen $A default_server; } server { listen $A default_server; }"
    },
    "no port": {"": "server { listen 99999; }"},
    "one brace too many": {"": "ssl_protocols TLSv1.2; } } }"},
    "one brace too few": {"": "server { listen $A;"},
    "no semicolon": {"": "server { listen $A }"},
    "an open quote": {"": 'ssl_protocols "TLSv1.2;'},
    "a word after a quote": _two('ssl_protocols "TLSv1.2"TLSv1.3;', "", ""),
    "a lone semicolon": {"": "; server { listen $A; }"},
    "a block of nothing": {"": "{ }"},
    "a block where none is": {"": "server { listen $A; ssl_protocols TLSv1.2 { } }"},
    "a misspelt name": _two("ssl_protocol TLSv1.2;", "", ""),
    "a misspelt name in a server": _two("", "ssl_cipher HIGH;", ""),
    "not in a location": _two("", "location / { if ($ssl_protocol) { ssl_ciphers HIGH; } }", ""),
    "a byte order mark": {"": "include a.conf;", "a.conf": "\ufeffssl_protocols TLSv1.2;"},
    "a mistake in an included file": {
        "": "include conf.d/*.conf;",
        "conf.d/a.conf": "server { listen $A ssl; C1 }",
        "conf.d/b.conf": "ssl_protocols TLSv1.2\n",
    },
}


def written(files: Files, ports: tuple[int, int]) -> Files:
    """The files as nginx takes them."""
    text = {
        path: body.replace("C1", C1)
        .replace("C2", C2)
        .replace("$A", str(ports[0]))
        .replace("$B", str(ports[1]))
        for path, body in files.items()
    }
    main = "daemon off;\npid nginx.pid;\nerror_log stderr notice;\nevents {}\nhttp {\n"
    temporary = "".join(
        f"{each}_temp_path temp;\n" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    rest = {path: body for path, body in text.items() if path}
    return {"nginx.conf": f"{main}access_log off;\n{temporary}{text['']}\n}}\n", **rest}
