"""Files that a person writes: scenarios, compose files, `.env` and files of settings."""

import shutil
from pathlib import Path
from random import Random
from typing import Self

from lab.compose import dotenv
from lab.engines.namespaces.plan import reader as plan
from lab.engines.namespaces.spec import LabSpec
from lab.errors import ScenarioError, TopologyError, VariableError
from lab.model import ComposeFiles
from lab.scenario import catalogue
from lab.scenario.reader import read
from tests.robustness.fuzz.bounds import assert_placed
from tests.robustness.fuzz.kinds import Kind
from tests.robustness.fuzz.mutation import mutated

ROOT = Path(__file__).parents[4]
SETTINGS = (
    b"A=1\nB='x'\nC=\"y\\n$A\"\nexport D=${A:-x} # c\nE: f\nG\n",
    b"# of a service\nPATH_OF=/x\n\nLONG='a\nb'\nD=\"${B-}\"\n",
)
# What is said of a whole file of this kind.
OF_FILE = "is not UTF-8 text|it has no services|all its services have profiles|not YAML: "


class ScenarioFile(Kind):
    """A scenario is read, or refused with the line of each error."""

    NAME = "scenario"
    SHARE = 14

    def __enter__(self) -> Self:
        super().__enter__()
        listed = [*catalogue.paths(), *sorted(ROOT.glob("tests/negative/*.yaml"))]
        self._texts = [path.read_bytes() for path in listed]
        return self

    def mutant(self, rng: Random) -> bytes:
        """Return one."""
        return mutated(rng, rng.choice(self._texts), self._texts)

    def check(self, mutant: bytes) -> None:
        """See above."""
        path = self.folder / "drawn.yaml"
        path.write_bytes(mutant)
        try:
            read(path)
        except ScenarioError as error:
            assert_placed(str(error), self.folder, lines=101, whole_file=f"{OF_FILE}|\\d+ more err")


class ComposeFile(Kind):
    """A compose file is a lab that can be told, or refused with its line, or that of another."""

    NAME = "compose file"
    SHARE = 14

    def __enter__(self) -> Self:
        super().__enter__()
        projects = sorted(path for path in ROOT.glob("tests/compose_files/*") if path.is_dir())
        for project in projects:
            shutil.copytree(project, self.folder / project.name)
        (self.folder / "shipped").mkdir()
        shutil.copy(ROOT / "compose.yaml", self.folder / "shipped")
        found = sorted(self.folder.glob("*/compose*.yaml"))
        self._files = [(path, path.read_bytes()) for path in found]
        self._texts = [text for _, text in self._files]
        return self

    def mutant(self, rng: Random) -> bytes:
        """Return one: the number of its project, and its text."""
        number = rng.randrange(len(self._files))
        return b"%d\n%b" % (number, mutated(rng, self._texts[number], self._texts))

    def check(self, mutant: bytes) -> None:
        """See above."""
        number, _, text = mutant.partition(b"\n")
        path, whole = self._files[int(number)]
        path.write_bytes(text)
        try:
            found, notes = plan.read(ComposeFiles((path,)), "drawn")
        except TopologyError as error:
            assert_placed(str(error), self.folder, whole_file=OF_FILE)
        else:
            assert LabSpec.from_json(found.to_json()).hosts
            assert all("\n" not in note for note in notes)
        finally:
            path.write_bytes(whole)


class Settings(Kind):
    """A file of settings is read, or refused with its line; also in the format `raw`."""

    NAME = ".env"
    SHARE = 8

    def mutant(self, rng: Random) -> bytes:
        """Return one."""
        return mutated(rng, rng.choice(SETTINGS), SETTINGS)

    def check(self, mutant: bytes) -> None:
        """See above."""
        path = self.folder / ".env"
        path.write_bytes(mutant)
        try:
            assert all(isinstance(one, str) for one in dotenv.read(path, {}).values())
        except VariableError as error:
            assert_placed(str(TopologyError(str(error))), self.folder)  # as who asked for it has it
        dotenv.parse_raw(mutant.decode(errors="replace"))
