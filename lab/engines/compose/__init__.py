"""The first engine: `docker compose` brings labs up and down, the Docker SDK does the rest."""

# In the environment of every `docker compose` we start: the lab it works for.
RUN_BY = "SOCKET_LAB_RUN_BY"
