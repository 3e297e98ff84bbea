"""The process that makes socket calls on a host: questions, sockets, answers."""
