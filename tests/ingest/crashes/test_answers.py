from __future__ import annotations

import re
from http import HTTPStatus

import pytest

from crashes.door import EXPLICIT, OPT_OUT
from ingest.app import App
from ingest.crashes.answers import DENIED, NEVER_WANTED, NO_CONSENT, NOT_FOUND, PROBLEMS, WRONG_METHOD, rate_limits

# https://develop.sentry.dev/sdk/expected-features/rate-limiting/: retry_after:categories:scope:reason, …
LIMIT = re.compile(r"\d+:[a-z_]+(?:;[a-z_]+)*:organization:[a-z_]+")


@pytest.mark.parametrize(("app", "sessions"), [(EXPLICIT, False), (OPT_OUT, True), (None, True)])
@pytest.mark.parametrize("busy", [False, True])
def test_the_header_has_the_form_that_sdks_parse(app: App | None, sessions: bool, busy: bool) -> None:
    limits = rate_limits(app, busy=busy).decode().split(", ")
    assert all(LIMIT.fullmatch(limit) for limit in limits)
    assert len(limits) == 1 + busy
    categories = limits[-1].split(":")[1].split(";")
    assert set(categories) - {"session"} == set(NEVER_WANTED)
    assert ("session" in categories) is not sessions


def test_what_is_wanted_is_never_held_back_unless_busy() -> None:
    assert not {"error", "default"} & set(re.split("[:;]", rate_limits(EXPLICIT).decode()))
    assert {"error", "default", "security", "session"} <= set(
        re.split("[:;]", rate_limits(EXPLICIT, busy=True).decode())
    )


@pytest.mark.parametrize("problem", [*PROBLEMS.values(), DENIED, NOT_FOUND, WRONG_METHOD])
def test_a_problem_is_one_line_of_ascii(problem: object) -> None:
    detail = problem.detail  # type: ignore[attr-defined]
    assert detail.isascii()
    assert detail.isprintable()
    assert len(detail) < 120


def test_the_fix_for_missing_consent_can_be_pasted() -> None:
    assert NO_CONSENT.status is HTTPStatus.FORBIDDEN
    assert "set_tag('consent', 'given')" in NO_CONSENT.detail
