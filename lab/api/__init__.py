"""A lab as seen from Python: hosts, links, sockets, captures, and what an engine must provide."""
