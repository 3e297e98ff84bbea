"""The one reader of compose files, for both engines and for scenarios: the Compose specification.

    files            which files, which variables (.env: dotenv), which project
      │
    loading          yaml ─> nodes, with interpolation, extends, include, merge: one tree, each
      │              part of which knows its file and line
    document         schema: keys, and types by tables; which services the profiles ask for
      │
    hosts            replicas: a service for each host; references: what Compose refuses
      │
    networks, subnets, etc_hosts, env_files, limits, sources, values: what a service comes to

Whatever is wrong is a TopologyError with PATH:LINE. A module that knows no file raises a
LocatedError, which has the keys of the place. Nothing here knows an engine.
"""
