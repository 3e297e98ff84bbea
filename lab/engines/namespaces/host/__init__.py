"""What becomes a host: its init, file systems, network and health check. Standard library only."""
