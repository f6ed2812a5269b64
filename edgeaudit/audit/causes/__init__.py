"""Why a handshake failed, one module for each thing that may be refused."""
