"""What would be counted about the reader of this page, and is not."""

from __future__ import annotations

from dashboards.desk import Ask
from dashboards.page import Page
from dashboards.panels import Panel
from dashboards.refusals import meaning_of
from dashboards.table import Table
from ingest.site import Profile


async def you(ask: Ask) -> Page:
    """Show anybody what this request would come to."""
    account = await ask.desk.account(ask.request.scope)
    panels = {panel.attribute: panel for panel in ask.desk.panels}
    rows = [(_title(panels, told.attribute), _label(panels, told.attribute, told.value), told) for told in account.told]
    return Page(
        template="you.html",
        title="You",
        values={
            "account": account,
            "rows": rows,
            "meaning": meaning_of(account.refusal),
            "k": Profile.STANDARD.k,
        },
        data={
            "counted_now": False,
            "objects": account.objects,
            "refused": account.refusal or None,
            "would_be_counted": [
                {"attribute": told.attribute, "value": told.value, "named_at_once": told.is_free}
                for told in account.told
            ],
        },
        table=Table(
            ("attribute", "value", "named_at_once"),
            [(told.attribute, told.value, "yes" if told.is_free else "no") for told in account.told],
        ),
    )


def _title(panels: dict[str, Panel], attribute: str) -> str:
    return panels[attribute].title if attribute in panels else attribute.replace("_", " ").capitalize()


def _label(panels: dict[str, Panel], attribute: str, value: str) -> str:
    return panels[attribute].label(value) if attribute in panels else value or "(none)"
