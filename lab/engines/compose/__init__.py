"""The first engine: `docker compose` brings labs up and down, the Docker SDK does the rest."""
