"""Submissions that were not counted, by reason."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Final

from dashboards.live import Live, read_still
from dashboards.period import Period, start_of
from dashboards.questions import Questions
from ingest.counters.cells import Refusal

MEANINGS: Final = {
    Refusal.BAD_JSON: "the body was no JSON",
    Refusal.BAD_FIELD: "a field had a wrong type or value",
    Refusal.BAD_TYPE: "the content type is not one that is read",
    Refusal.TOO_LARGE: "the body was larger than the limit",
    Refusal.UNKNOWN_SITE: "the site is not configured",
    Refusal.HOST: "the page's host is not one of the site's",
    Refusal.EXCLUDED: "the page is excluded by the configuration",
    Refusal.BOT: "a robot, by its own word or its behaviour",
    Refusal.SPAM: "from a host that only pretends to refer",
    Refusal.HEADLESS: "a browser that a program drives",
    Refusal.PREFETCH: "loaded ahead, before anybody looked at it",
    Refusal.OWN_NETWORK: "from the operator's own network",
    Refusal.LATE: "about a visit that has ended",
    Refusal.OVER_RATE: "more submissions a minute than the limit",
    Refusal.FULL: "could not be acknowledged, and the sender was told to come back",
    Refusal.UNKNOWN_APP: "the app is not configured",
    Refusal.WRONG_KEY: "the key is not the app's",
    Refusal.NO_CONSENT: "the person had not agreed",
    Refusal.BAD_ENVELOPE: "the envelope could not be read",
    Refusal.BAD_ENCODING: "the compression could not be read",
    Refusal.DUPLICATE: "the same report had been taken already",
    Refusal.UNWANTED_ITEM: "a kind of item that is never kept",
    Refusal.IDS_IGNORED: "ids received and ignored: the submission was taken, and these were not read",
}

_BY_NAME: Final = {reason.value: meaning for reason, meaning in MEANINGS.items()}

Slice = tuple[date, str]


class Refusals:
    """Reads what was refused."""

    def __init__(self, questions: Questions, live: Live) -> None:
        self._questions = questions
        self._live = live

    async def slices(self, owner: str, period: Period, bucket: str) -> Counter[Slice]:
        """Return refused submissions by bucket (`day`, `week`, `month` or none) and reason."""

        async def read() -> Counter[Slice]:
            found: Counter[Slice] = Counter()
            parameters = {"owner": owner, "bucket": str(bucket), "since": period.since, "until": period.until}
            for start, reason, submissions in await self._questions.ask("refusals", parameters):
                found[start, reason] += submissions
            for (day, reason), submissions in self._live.refusals(owner, period.since, period.until).items():
                found[start_of(day, bucket), reason] += submissions
            return +found

        return await read_still(self._live, read)

    async def reasons(self, owner: str, period: Period) -> list[tuple[str, int]]:
        """Return refused submissions by reason, the most frequent first."""
        found = await self.slices(owner, period, "")
        return sorted(((reason, count) for (_, reason), count in found.items()), key=lambda item: (-item[1], item[0]))


def meaning_of(reason: str) -> str:
    """Return what a reason means, in words; empty for one that this version does not know."""
    return _BY_NAME.get(reason, "")
