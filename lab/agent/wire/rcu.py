"""Waits until every packet that was in the kernel's hands by its old rules has left them."""

import ctypes
import os

# membarrier(2), by the machine's own number.
_NUMBERS = {"x86_64": 324, "aarch64": 283, "riscv64": 283, "loongarch64": 283, "s390x": 356}
_NUMBERS |= {"ppc64le": 365}
_GLOBAL = 1


def synchronize() -> None:
    """Return after a grace period of the kernel (MEMBARRIER_CMD_GLOBAL waits for one)."""
    number = _NUMBERS.get(os.uname().machine)
    if number is not None:
        ctypes.CDLL(None).syscall(number, _GLOBAL, 0, 0)
