"""The frame around every page: switcher, tabs, periods, notices."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from dashboards import numbers
from dashboards.addresses import app_path, link, site_path
from dashboards.assets import Assets
from dashboards.charts import bar
from dashboards.comparison import in_percent
from dashboards.desk import Ask
from dashboards.page import Page, Tab
from dashboards.period import in_minutes, in_short, in_words


class Shell:
    """Writes pages as HTML."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(str(files("dashboards").joinpath("templates"))),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters.update(
            whole=numbers.whole,
            ratio=numbers.ratio,
            percent=numbers.percent,
            change=in_percent,
            duration=numbers.duration,
            size=numbers.size,
            words=in_words,
            short=in_short,
            minute=in_minutes,
        )
        functions: dict[str, Any] = {
            "asset": assets.path_of,
            "bar": bar,
            "link": link,
            "many": numbers.many,
            "site_path": site_path,
            "app_path": app_path,
        }
        self._environment.globals.update(functions)

    def write(self, page: Page, ask: Ask) -> Response:
        """Return a page in its frame."""
        text = self._environment.get_template(page.template).render(
            page.values,
            page=page,
            user=ask.session.user if ask.session else None,
            tabs=_offered(page.tabs, ask),
            section=_offered(page.section, ask),
            is_guest=ask.guest is not None,
            administration=ask.can_edit,
            sites=list(ask.desk.sites) if ask.session else [],
            apps=list(ask.desk.apps) if ask.session else [],
            notices=list(ask.desk.notices()) if ask.session else [],
            path=ask.request.url.path,
            has_keys=ask.has_keys and ask.session is not None,
        )
        return HTMLResponse(text, page.status)


def _offered(tabs: Sequence[Tab], ask: Ask) -> list[Tab]:
    """Return the tabs that whoever asks may open: shared links open fewer than members do."""
    return [tab for tab in tabs if ask.session or ask.desk.is_shared(tab.path)]
