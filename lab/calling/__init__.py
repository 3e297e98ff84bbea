"""Socket calls on hosts, asked for from here: one caller a host, and sockets that are there."""
