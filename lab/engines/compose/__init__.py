"""The engine of Docker: Compose brings labs up and down, the Docker SDK does the rest.

    compose files ──topology──> one file: labelled, with addresses (endpoints), names (images)
                                   │
    engine ──compose_cli──────> `docker compose up` ──startup──> is each container up, or why not
       └─ host ──┬─ docker SDK     pause, kill, networks, ...; log: outputs
                 ├─ sidecar        a container with the agent of the host's links
                 ├─ call_servers   containers with what makes socket calls there
                 └─ tracers        containers with what traces programs there
    cleanup ──> reaper, removal, sweep: nothing is left, whatever ends this process

`diagnostics` and `agent_image` run before there is any dependency; the latter makes the image of
sidecars, and of call servers and tracers (joined), to which exec_stream connects.
"""

# In the environment of every `docker compose` we start: the lab it works for.
RUN_BY = "SOCKET_LAB_RUN_BY"
