"""The URL is the state: what a page is about and back again; what a URL cannot mean is the default."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from dashboards_stage import TODAY
from hypothesis import assume, given
from hypothesis import strategies as st

from dashboards.addresses import link
from dashboards.comparison import Comparison, Kind, change
from dashboards.condition import FILTERS, LONGEST, Condition, crossings, read_condition
from dashboards.figures import OPERATORS
from dashboards.period import FOUR_WEEKS, KEYS, NAMES, custom_period, named_period
from dashboards.selection import Selection, read_selection
from ingest.counters.cells import Pair

VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=LONGEST)
CONDITIONS = st.builds(Condition, st.sampled_from(sorted(FILTERS)), VALUES, st.sampled_from(OPERATORS))
COMPARISONS = st.just(Comparison()) | st.builds(Comparison, st.sampled_from([Kind.BEFORE, Kind.YEAR]), st.booleans())
TODAYS = st.dates(date(2023, 1, 1), date(2040, 12, 31))


def said(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


@given(TODAYS, st.sampled_from([*NAMES, "custom"]), COMPARISONS, st.none() | CONDITIONS, st.booleans())
def test_a_selection_is_said_by_its_url(
    today: date, name: str, comparison: Comparison, condition: Condition | None, is_old: bool
) -> None:
    beginning = date(2020, 1, 1) if is_old else today
    period = named_period(name, today) or custom_period(str(today - timedelta(9)), str(today), today)
    assert period is not None
    default = read_selection({}, today, beginning).period.name
    assert default == (FOUR_WEEKS if is_old else "28d")
    wanted = Selection(replace(period, default=default), comparison, condition)
    found = read_selection(said(link("/sites/x", wanted.arguments)), today, beginning)
    assert (found.comparison, found.condition) == (comparison, condition)
    if name != "all":
        assert found.period.ends == period.ends
    # Said again, it is the same text.
    assert link("/", found.arguments) == link("/", read_selection(found.arguments, today, beginning).arguments)


@given(
    st.dictionaries(st.sampled_from(["period", "from", "to", "compare", "match", "f"]), st.text(max_size=30)), TODAYS
)
def test_whatever_a_url_says_is_a_selection(arguments: dict[str, str], today: date) -> None:
    found = read_selection(arguments, today, None)
    assert found.period.since <= found.period.until <= today
    if found.other is not None:
        assert found.other.days == found.period.days


@given(CONDITIONS)
def test_a_condition_turned_round_twice_is_itself(condition: Condition) -> None:
    assert condition.negated.negated == condition
    assert condition.negated.operator != condition.operator


@pytest.mark.parametrize(
    "text", ["", "is", "is,source", "is,browser,Firefox", "are,source,x", "is,prop:plan,x", "is,source,a\0b",
             "is,source," + "x" * (LONGEST + 1), "is,Source,x", ",,"],
)  # fmt: skip
def test_what_is_no_condition_filters_nothing(text: str) -> None:
    assert read_condition(text) is None


def test_a_value_may_hold_what_divides() -> None:
    assert read_condition("is,page,/a,b,c") == Condition("page", "/a,b,c")
    assert read_condition("is,source,") == Condition("source", "")


def test_filters_are_the_sides_of_the_declared_pairs() -> None:
    assert {frozenset(map(str, pair.attributes)) for pair in Pair} == {
        frozenset((one, other)) for one, others in crossings().items() for other in others
    }
    assert Condition("source", "x").pair_with("page") is Pair.PAGE_SOURCE
    assert Condition("page", "x").pair_with("source") is Pair.PAGE_SOURCE
    assert Condition("page", "x").pair_with("browser") is None


@given(TODAYS, st.sampled_from(sorted(NAMES)), st.sampled_from([Kind.BEFORE, Kind.YEAR]), st.booleans())
def test_days_are_compared_with_days_before_them(today: date, name: str, kind: Kind, by_weekday: bool) -> None:
    period = named_period(name, today)
    assume(name != "all")
    assert period is not None
    other = Comparison(kind, by_weekday).other(period)
    assert other is not None
    assert other.days == period.days
    assert other.until < period.since or kind is Kind.YEAR
    if by_weekday:
        assert other.since.weekday() == period.since.weekday()
    elif kind is Kind.BEFORE:
        assert other.until == period.since - timedelta(days=1)
    else:
        assert (other.since.month, other.since.day) in {(period.since.month, period.since.day), (2, 28)}


@given(TODAYS, st.sampled_from(sorted(NAMES)))
def test_arrows_lead_to_neighbouring_days_and_never_ahead(today: date, name: str) -> None:
    period = named_period(name, today)
    assert period is not None
    if period.earlier is not None:
        assert period.earlier.until == period.since - timedelta(days=1)
        following = period.earlier.later
        assert following is not None
        assert following.since == period.since
    if period.later is not None:
        assert period.until < period.later.since <= period.later.until <= today


def test_months_follow_months() -> None:
    period = named_period("last_month", TODAY)
    assert period is not None
    assert period.ends == (date(2026, 10, 1), date(2026, 10, 31))
    assert period.earlier is not None
    assert period.earlier.ends == (date(2026, 9, 1), date(2026, 9, 30))
    assert period.later is not None
    assert period.later.ends == (date(2026, 11, 1), TODAY)


def test_each_period_has_a_letter_of_its_own() -> None:
    assert set(KEYS) == set(NAMES)
    assert len(set(KEYS.values()) | set("RCX")) == len(KEYS) + 3


@pytest.mark.parametrize(
    ("now", "before", "visits", "is_ratio", "words"),
    [
        (120, 100, 100, False, "+20%"),
        (80, 100, 100, False, "−20%"),  # noqa: RUF001
        (100, 100, 100, False, "±0%"),
        (9, 3, 29, False, "–"),  # noqa: RUF001
        (45, 43.5, 100, True, "+1.5 pt"),
        (43, 45, 100, True, "−2 pt"),  # noqa: RUF001
        (43, 43, 100, True, "±0"),
        (2.2, 2.0, 100, False, "+10%"),
    ],
)
def test_changes_in_words(now: float, before: float, visits: int, is_ratio: bool, words: str) -> None:
    assert change(now, before, visits, is_ratio=is_ratio) == words
