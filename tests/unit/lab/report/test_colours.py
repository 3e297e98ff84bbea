"""Every colour of a text can be read on whatever it stands on (WCAG 2.2, 1.4.3: 4.5 to 1)."""

import re

import pytest

from lab.report.page import source

TEXTS = ("ink", "soft", "faint", "call", "bad", "late", "twin", "changed", "good", "shade")
GROUNDS = ("page", "card", "mark", "lit", "bad-soft")


def themes() -> dict[str, dict[str, str]]:
    css = source("page.css")
    light, dark = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    found = {}
    for name, block in (("light", light), ("dark", dark)):
        found[name] = dict(re.findall(r"--([\w-]+): (#[0-9a-f]+);", block))
    return found


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(one * 2 for one in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_contrast(theme: str, text: str, ground: str) -> None:
    colours = themes()[theme]
    darker, lighter = sorted((luminance(colours[text]), luminance(colours[ground])))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5
