"""The gateway as processes: sockets, TLS, limits on what comes in, workers, an end without loss."""
