"""What rights this process has."""

from functools import partial
from pathlib import Path

from .trying import attempt

CAPABILITIES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID"),
    *("SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW"),
    *("IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT"),
    *("SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD"),
    *("LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG"),
    *("WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"),
)


def status(name: str) -> str:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{name}:"))


def capabilities(name: str) -> str:
    bits = int(status(name), 16)
    found = [of for number, of in enumerate(CAPABILITIES) if bits >> number & 1]
    return " ".join(found) or "none"


for kind, field in (("held", "CapEff"), ("bounding set", "CapBnd"), ("ambient", "CapAmb")):
    attempt(f"capabilities: {kind}")(partial(capabilities, field))


@attempt("new privileges by set-user-ID")
def _new_privileges() -> str:
    return "no" if status("NoNewPrivs") == "1" else "yes"


@attempt("a filter of system calls")
def _filter() -> str:
    return "yes" if status("Seccomp") == "2" else "no"
