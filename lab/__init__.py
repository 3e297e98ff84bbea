"""Socket Lab: several machines in containers, and the network between them failing on purpose."""

__version__ = "0.1.0"
