from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps._http.retry_after import retry_after

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7),
        ({"retry-after-ms": "-1", "retry-after": "7"}, 7),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90),
        ({"retry-after": format_datetime(NOW - timedelta(days=2), usegmt=True)}, 0),
        ({"retry-after": "Friday, 02-Jan-26 03:05:05 GMT"}, 60),  # RFC 850, which RFC 9110 wants to be read
        ({"retry-after": format_datetime(NOW + timedelta(days=400), usegmt=True)}, None),
        ({"retry-after": "86400"}, 86400),
        ({"retry-after": "86401"}, None),
        ({"retry-after-ms": "1e300"}, None),
    ],
)
def test_what_the_server_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=NOW) == seconds


@pytest.mark.parametrize(
    "garbage", ["", " ", "soon", "-5", "nan", "inf", "-inf", "1e999", "0x10", "Fri, 99 Foo", "\x00"]
)
@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms"])
def test_garbage_asks_for_nothing(name: str, garbage: str) -> None:
    assert retry_after({name: garbage}, now=NOW) is None


@given(st.text(), st.text())
def test_no_hint_is_too_odd(milliseconds: str, other: str) -> None:
    seconds = retry_after({"retry-after-ms": milliseconds, "retry-after": other}, now=NOW)
    assert seconds is None or 0 <= seconds <= 86_400


def http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


@given(skew=st.integers(-(10**8), 10**8), asked=st.integers(0, 86_400))
def test_a_date_is_judged_by_the_servers_own_clock(skew: int, asked: int) -> None:
    """An hour of skew made two seconds into an hour, or into none."""
    at_server = NOW + timedelta(seconds=skew)
    headers = {"date": http_date(at_server), "retry-after": http_date(at_server + timedelta(seconds=asked))}
    assert retry_after(headers, now=NOW) == asked


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 99 Foo", "Fri, 31 Dec 9999 23:59:59 -2359"])
def test_without_a_readable_date_of_its_own_ours_will_do(date: str) -> None:
    headers = {"date": date, "retry-after": http_date(NOW + timedelta(seconds=9))}
    assert retry_after(headers, now=NOW) in (9, 0)


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Rate limit is exceeded. Try again in 21 seconds.", 21),
        ("Requests have exceeded the rate limit. Please retry after 5 seconds. Go to https://aka.ms/oai/quota", 5),
        ("Rate limit reached for gpt-4: Limit 3, Used 3. Please try again in 20s. Visit https://…", 20),
        ("Please try again in 1.2s.", 1.2),
        ("Please try again in 20ms.", 0.02),
        ("Please try again in 6m0s.", 360),
        ("Please try again in 1h2m3.5s", 3723.5),
        ("please  TRY\nAGAIN in 1 minute and 30 seconds", 90),
        ("Wait for 2 hours, 5 mins and try later", 7500),
        ("Please wait at least 250 milliseconds", 0.25),
        ("retry in 1 day", 86_400),
        ("retry in 2 days", None),
        ("Please try again later.", None),
        ("Please retry after some seconds, there are 5 requests left", None),
        ("try again in 5 apples", None),
        ("try again in 5 something", None),
        ("You retry 3 times in 20 seconds", None),
        ("retry after 5", None),
        ("a poetry after 5 seconds", None),
        ("", None),
    ],
)
def test_a_wait_that_only_the_text_tells_is_read(message: str, seconds: float | None) -> None:
    asked = retry_after({}, message, now=NOW)
    assert asked == (None if seconds is None else pytest.approx(seconds))


def test_a_header_goes_before_the_text() -> None:
    assert retry_after({"retry-after": "7"}, "Try again in 21 seconds.", now=NOW) == 7
    assert retry_after({"retry-after": "soon"}, "Try again in 21 seconds.", now=NOW) == 21


@given(st.text(alphabet="0123456789. smhdinecoaftryw,"))
def test_no_text_is_too_odd(rest: str) -> None:
    seconds = retry_after({}, f"Try again in {rest}", now=NOW)
    assert seconds is None or 0 <= seconds <= 86_400
