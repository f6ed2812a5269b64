"""What a certificate is, whom it speaks for, and whether a path leads from it to trust."""
