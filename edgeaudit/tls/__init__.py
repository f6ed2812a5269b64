"""What a handshake is: protocol versions, cipher suites, and how each side spells them."""
