"""The wire: picks packets that arrive at a host, and decides what becomes of each."""
