"""What becomes a host: its process 1 (init), and what that sets up and runs.

    init ──┬─ rootfs (machine_root, mounts, mount_points, etc_files), kernel_files   what is seen
           ├─ network                                                                interfaces
           ├─ program, processes                                                     what runs there
           ├─ health, freezer                                                        watched, paused
           └─ call_server                                                            socket calls

`machine_root` is built once for a lab, by the supervisor. `exec` (with `terminal`) and `tracer`
enter a host from outside. `syslogd` is a program of a host. Standard library only.
"""
