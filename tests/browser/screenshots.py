"""Takes the six pictures of the README, of a demonstration that it starts and ends. `make screenshots` runs it.

Its numbers change with the day. What does not: each picture must hold many colours, as a page that was drawn does.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from chromium import CHROMIUM, FLAGS
from playwright.sync_api import Browser, Page, sync_playwright
from running import Logless, wait_until

WIDE: Final = {"viewport": {"width": 1200, "height": 900}}
PHONE: Final = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}

PICTURES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "overview": ("/sites/demo?period=7d&compare=prev", WIDE),
    "filter": ("/sites/demo?period=28d&f=is,source,Google", WIDE | {"color_scheme": "dark"}),
    "places": ("/sites/demo/countries", WIDE),
    "goals": ("/sites/demo/funnels", WIDE | {"viewport": {"width": 1200, "height": 620}}),
    "crash": ("/apps/1/crashes", WIDE | {"color_scheme": "dark"}),
    "phone": ("/sites/demo?period=28d", PHONE),
}
"""Names of the pictures, each with its page and its screen."""

SMALLEST: Final = 20_000
"""Bytes of a picture. A blank page packs into fewer."""


class Demonstration(Logless):
    """`logless demo` in a folder of its own, with its usual thirty days."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.config.unlink()
        self.environment |= {"LOGLESS_SERVER__PORT": str(self.port), "LOGLESS_RUNTIME__DIR": str(self.runtime)}

    @property
    def arguments(self) -> list[str]:
        return ["-m", "collector", "demo", "--dir", str(self.folder)]


def main(folder: Path) -> None:
    """Write every picture into a folder."""
    with tempfile.TemporaryDirectory(prefix="logless-pictures-") as place:
        demonstration = Demonstration(Path(place))
        try:
            demonstration.start()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                take(browser, demonstration, folder)
                browser.close()
        finally:
            demonstration.close()


def take(browser: Browser, demonstration: Logless, folder: Path) -> None:
    """Sign in once, wait for the history, and take each picture."""
    first = browser.new_context()
    page = first.new_page()
    page.goto(demonstration.url + wait_until(demonstration.login_link, 120))
    wait_until(lambda: is_whole(page, demonstration.url), 300)
    state = first.storage_state()
    for name, (path, screen) in PICTURES.items():
        context = browser.new_context(**screen, storage_state=state)
        page = context.new_page()
        page.goto(demonstration.url + path)
        if name == "crash":
            page.locator("tr[data-group] a").first.click()
        # A picture of the product, not of having signed in by a link a minute ago.
        page.evaluate("document.querySelector('aside')?.remove()")
        page.wait_for_load_state("networkidle")
        picture = page.screenshot(path=folder / f"{name}.png")
        assert len(picture) > SMALLEST, f"{name}: {len(picture)} bytes are a page without anything on it"
        context.close()


def is_whole(page: Page, url: str) -> bool:
    """Return whether the replayed history has come to the present day."""
    page.goto(f"{url}/sites/demo?period=yesterday")
    return page.locator("dd[data-metric=visits]").get_attribute("data-value") not in {"0", None}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
