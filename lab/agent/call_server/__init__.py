"""The process that makes socket calls on a host: requests, sockets, results."""
