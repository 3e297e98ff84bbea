"""The page docs/catalogue.md: what each scenario of the catalogue shows, and where its file is."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from lab.scenario.model import Scenario

_ROOT = Path(__file__).parents[2]
_HEAD = """\
# The catalogue

<!-- Made from lab/catalogue by: lab list --markdown > docs/catalogue.md -->

{count} failures of networks, each a file that runs anywhere and proves what it says:
`lab run NAME` plays one, `lab run TOPIC/` a topic, `lab run --all` all of them. How such a file is
written: [scenarios.md](scenarios.md). Where Linux does not do what a textbook says, Linux is right,
and the scenario says so.

{topics}
"""


def page(scenarios: Sequence[Scenario]) -> str:
    """Return it, as Markdown; links are for a page in docs/."""
    by_topic = [(topic, list(group)) for topic, group in groupby(scenarios, key=_topic)]
    topics = " · ".join(f"[{topic}](#{topic}) ({len(group)})" for topic, group in by_topic)
    parts = [_HEAD.format(count=len(scenarios), topics=topics)]
    for topic, group in by_topic:
        lines = [f"## {topic}", "", *_table(group)]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _topic(scenario: Scenario) -> str:
    return scenario.path.parent.name


def _table(scenarios: Iterable[Scenario]) -> Iterator[str]:
    yield "| scenario | what happens | what is seen | reproduces |"
    yield "| --- | --- | --- | --- |"
    for one in scenarios:
        name = f"[{one.name}]({_link(one.path)})"
        seen = " ".join([_sentence(one.shows), *_notes(one.path)])
        words = ", ".join(f"`{word}`" if word != word.lower() else word for word in one.reproduces)
        yield f"| {name} | {_cell(one.title)} | {_cell(seen)} | {words} |"


def _link(path: Path) -> str:
    path = path.resolve()
    return f"../{path.relative_to(_ROOT)}" if path.is_relative_to(_ROOT) else str(path)


def _notes(path: Path) -> Iterator[str]:
    """Yield what the comments before the title say."""
    words = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        if "yaml-language-server" not in line:
            words.append(line.lstrip("# "))
    if words:
        yield _sentence(" ".join(words))


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
