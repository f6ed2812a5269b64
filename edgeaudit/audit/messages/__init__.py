"""Why a handshake failed, by what some program said of it."""
