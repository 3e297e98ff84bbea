"""Runs `docker compose`, in a process group of its own, and says what it does as it goes."""

import contextlib
import os
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from lab.engines.compose import RUN_BY, abandoned, cleanup, ending
from lab.engines.deferred_signals import deferred
from lab.errors import EngineError

_KEPT_LINES = 200
# What would name the files, or what they are made of.
_OF_FOLDER = {"COMPOSE_FILE", "COMPOSE_ENV_FILES", "COMPOSE_PROFILES", "COMPOSE_PROJECT_NAME"}


def compose(
    name: str,
    args: Sequence[str],
    *,
    stdin: str = "",
    environment: Mapping[str, str] | None = None,
    of_folder: bool = True,
    makes: bool = False,
    on_line: Callable[[str], None] = lambda _line: None,
) -> str:
    """Run `docker compose --project-name NAME ARGS` to its end and return its standard output.

    `on_line` gets each line of its progress. Without `of_folder` it finds no compose file, neither
    here nor in COMPOSE_FILE, and goes by what the project's containers say. EngineError when it
    fails. Ctrl-C ends it first. With `makes` the lab's guard (`cleanup`) knows then what the engine
    still works on; also after a failure, as Compose gives up all its requests with the first that
    fails.
    """
    since = abandoned.Since() if makes else None
    argv = ["docker", "compose", "--progress", "plain", "--project-name", name, *args]
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=None if of_folder else "/",
            env={**_environment(of_folder), **(environment or {}), RUN_BY: name},
            process_group=0,
        )
    except (FileNotFoundError, PermissionError) as error:
        text = f"docker: {error.strerror}; see lab doctor"
        raise EngineError(text, argv=argv) from error
    try:
        stdout, last_lines = _communicate(process, stdin, on_line)
    finally:
        if process.returncode is None:
            # After Ctrl-C, and the next one must wait. The plug-in is a child of `docker`, so the
            # group.
            with deferred():
                requests = abandoned.by(partial(ending.end, partial(ending.group, process.pid)))
                process.wait()
                if makes:
                    cleanup.wait_later(name, requests)
    if process.returncode:
        if since:
            cleanup.wait_later(name, since.now())
        raise _failed(argv, process.returncode, last_lines)
    return stdout


def _environment(of_folder: bool) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if of_folder or k not in _OF_FOLDER}


def _communicate(
    process: subprocess.Popen[str], stdin: str, on_line: Callable[[str], None]
) -> tuple[str, list[str]]:
    """Feed the process, read both its outputs to their ends; return stdout and stderr's end."""
    assert process.stdin
    assert process.stdout
    assert process.stderr
    pieces: list[str] = []
    reader = threading.Thread(target=lambda out=process.stdout: pieces.append(out.read()))
    reader.start()
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(stdin)
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    kept: deque[str] = deque(maxlen=_KEPT_LINES)
    for line in process.stderr:
        kept.append(line.rstrip())
        on_line(line.strip())
    reader.join()
    process.wait()
    process.stdout.close()
    process.stderr.close()
    return "".join(pieces), list(kept)


def _failed(argv: Sequence[str], status: int, lines: list[str]) -> EngineError:
    """Make the error of a failed command: its last line, which is where Compose says why."""
    printed = [line for line in lines if line.strip()] or [f"ended with status {status}"]
    hint = ""
    if "is not a docker command" in printed[0] or "unknown flag: --progress" in printed[0]:
        hint = " (no Compose plug-in: run make setup)"
    text = f"docker compose: {printed[-1].strip()}{hint}"
    return EngineError(text, argv=argv, exit_status=status, stderr="\n".join(lines))
