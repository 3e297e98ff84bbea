"""What is mutated: a class for each kind."""

import shutil
import tempfile
from pathlib import Path
from random import Random
from types import TracebackType
from typing import ClassVar, Self


class Kind:
    """One kind of what the lab reads. It is entered, and then makes mutants and checks them."""

    NAME: ClassVar[str]
    # How many of all mutants are of this kind, by comparison.
    SHARE: ClassVar[int] = 10
    # After so many it is left and entered anew; 0: never.
    RENEWED_AFTER: ClassVar[int] = 0

    folder: Path

    @classmethod
    def why_not(cls) -> str:
        """Return why this machine cannot check it; "": it can."""
        return ""

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="socket-lab-fuzz-"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.folder)

    def mutant(self, rng: Random) -> bytes:
        """Return one."""
        raise NotImplementedError

    def check(self, mutant: bytes) -> None:
        """Let the lab read it. AssertionError when that is not as it must be."""
        raise NotImplementedError
