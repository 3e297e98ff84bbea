"""What keeps a program on a host within it: what a process gives up before it becomes one.

Its user namespace has no right over the host's network, processes, name and IPC, which belong to
the outer one. Its mounts are a copy that belongs to its user namespace, too: in it nobody can take
one off or make it writable (mount_namespaces(7), locked mounts). Its capabilities are those that it
is given, at the most, and new ones cannot be had; its system calls are filtered as Docker's are.
"""

from lab.engines.namespaces import seccomp, syscalls, user_namespaces


def enter_inner(user_namespace: int) -> None:
    """Move this process, which is in the outer user namespace, to where a host's programs are."""
    syscalls.setns(user_namespace, syscalls.CLONE_NEWUSER)
    syscalls.unshare(syscalls.CLONE_NEWNS)


def enter_as_root() -> None:
    """Move this process into a user namespace for it alone, as the root of the outer one."""
    user_namespaces.enter_own(user_namespaces.as_outer())
    syscalls.unshare(syscalls.CLONE_NEWNS)


def enter_alone() -> None:
    """Move this process into a user namespace for it alone, as the user `lab`.

    No program of the host has rights over it there, or may trace it.
    """
    user_namespaces.enter_own(user_namespaces.as_inner())


def give_up_rights(capabilities: int = 0) -> None:
    """Let nothing that this process executes have more than the capabilities of these bits.

    This process itself keeps those that it has until it executes something, or gives them up.
    """
    syscalls.keep_bounding_set(capabilities)
    syscalls.no_new_privileges()
    seccomp.install()
