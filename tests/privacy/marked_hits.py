"""Page views and events in which every header, field, key and address bears a marker of its own.

In a `plain` site a value is kept from its first sender on, by design; so there these stay ordinary: `PLAIN_KEEPS`.
In a `standard` site they bear markers too, which one sender each has sent: none of them may be found.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from markers import Markers

PLAIN = "plain.example"
STANDARD = "standard.example"
DECLARED = "/declared-for-control"

PLAIN_KEEPS = (
    "path of the page",
    "fragment of the page, where the client says that the site routes by it (h)",
    "host of the referrer",
    "utm_source, utm_medium, utm_campaign, utm_content, utm_term, source and ref in the page's query",
    "name of the event",
    "first two or three letters of the language",
    "browser and system, as the list of user agents names them",
)

AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36",
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.0 Mobile/15E148 Safari/604.1"
    ),
)
_TOLD_BY_OTHERS = (
    *("X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP", "Fastly-Client-IP", "X-ProxyUser-Ip"),
    *("X-Cluster-Client-IP", "Forwarded-For", "X-Original-Forwarded-For", "X-Envoy-External-Address"),
)


def headers(draw: Markers) -> list[tuple[str, str]]:
    """Draw the headers of a request, behind the trusted proxy, of a client that tells all it can."""
    mark = draw.draw
    chance = draw.random.random()
    if chance < 0.8:
        # The farther hops are whatever the client claims.
        hops = [draw.address("claimed hop") for _ in range(draw.random.randrange(3))]
        forwarded = [("X-Forwarded-For", ", ".join([*hops, draw.address()]))]
    elif chance < 0.9:
        address = draw.address("Forwarded")
        quoted = f'"[{address}]:4711"' if ":" in address else f'"{address}:4711"'
        forwarded = [("Forwarded", f"for={quoted};by={mark('Forwarded by')};host={mark('Forwarded host')}")]
    else:
        forwarded = [("X-Forwarded-For", f"{mark('X-Forwarded-For that is none')}, {draw.address()}, {mark('hop')}")]
    agent = f"{draw.random.choice(AGENTS)} {mark('agent')}/{mark('agent version')} ({mark('agent comment')}; +x)"
    brands = f'"{mark("Sec-CH-UA")}";v="1", "Chromium";v="150", "Brave";v="{draw.number("Sec-CH-UA version")}"'
    made = [
        *forwarded,
        ("User-Agent", agent),
        ("Accept-Language", f"en-{mark('language region')},{mark('language')};q=0.5"),
        ("Cookie", f"{mark('cookie name')}={mark('cookie')}; session={mark('cookie')}"),
        ("Referer", f"https://{mark('Referer host')}.example/{mark('Referer path')}?{mark('Referer query')}"),
        ("Origin", f"https://{mark('Origin')}.example"),
        ("Sec-CH-UA", brands),
        ("Sec-CH-UA-Full-Version-List", f'"{mark("Sec-CH-UA-Full-Version-List")}";v="{mark("full version")}"'),
        ("Sec-CH-UA-Platform-Version", f'"{mark("Sec-CH-UA-Platform-Version")}"'),
        ("Sec-Fetch-Site", mark("Sec-Fetch-Site")),
        ("Sec-Purpose", mark("Sec-Purpose")),
        ("Sec-CH-UA-Platform", f'"{mark("Sec-CH-UA-Platform")}"'),
        (f"X-{mark('header name')}", mark("header value")),
        ("X-Request-Id", mark("X-Request-Id")),
        ("traceparent", f"00-{mark('traceparent')}-01"),
        ("baggage", f"{mark('baggage key')}={mark('baggage')}"),
        ("From", f"{mark('From')}@{mark('From host')}.example"),
        ("Via", f"1.1 {mark('Via')}"),
        ("X-Forwarded-Host", f"{mark('X-Forwarded-Host')}.example"),
        ("Accept", f"text/{mark('Accept')}"),
    ]
    made += [(name, draw.address(name)) for name in _TOLD_BY_OTHERS if draw.random.random() < 0.4]
    draw.random.shuffle(made)
    return made


def target(draw: Markers, path: str = "/api/event") -> str:
    return f"{path}?{draw.draw('query key')}={draw.draw('query value')}"


def hit(draw: Markers, site: str) -> dict[str, Any]:
    """Draw the body of a submission that will be counted."""
    mark = draw.draw
    plain = site == PLAIN
    path = "/pricing/team" if plain else f"/{mark('path')}/{mark('path')}"
    source = "newsletter" if plain else mark("utm_source")
    name = "signup" if plain else mark("event name")
    referrer = "news.example" if plain else f"{mark('referrer host')}.example"
    fragment = mark("fragment")
    user = f"{mark('user of the URL')}:{mark('password of the URL')}"
    query = "&".join(
        [
            f"{mark('page query key')}={mark('page query value')}",
            *(
                f"utm_{each}={'ordinary' if plain else mark(f'utm_{each}')}"
                for each in ("medium", "campaign", "content", "term")
            ),
            *([f"utm_source={source}"] if draw.random.random() < 0.5 else []),
            *(f"{each}={mark(each)}" for each in ("gclid", "fbclid", "mc_eid", "yclid")),
            f"id={draw.number('page query number')}",
        ]
    )
    props: Any = {mark("prop key"): mark("prop value"), "plan": mark("prop value"), "price": draw.number("prop number")}
    made = {
        "n": draw.random.choice(["pageview", "pageview", "pageview", name]),
        "d": site,
        "u": f"https://{user}@{site}:8443{path}?{query}#{fragment}",
        "r": f"https://{user}@{referrer}/{mark('referrer path')}?{mark('referrer query')}#{mark('referrer fragment')}",
        "p": draw.random.choice([props, json.dumps(props)]),
        "l": f"en-{mark('l')}",
        "w": 1280,
        "v": mark("v"),
        "rv": draw.random.randrange(4),
        mark("unknown key"): {mark("unknown nested key"): [mark("unknown value"), draw.number("unknown number")]},
        "ip": draw.address("ip in the body"),
        "user_agent": mark("user_agent in the body"),
    }
    if not plain:
        made["h"] = draw.random.random() < 0.3
    return made


_IDS = ("_id", "uid", "cid", "pv_id", "_idts", "_idvc", "_viewts", "token_auth", "cdt", "ua", "country", "city", "lat")
_UNREAD = ("action_name", "uadata", "_cvar", "cvar", "dimension1", "ec_id", "ec_items", "_pkn", "rand", "h", "cs")


def matomo(draw: Markers, site: str) -> dict[str, Any]:
    """Draw the parameters of a tracking request of Matomo's, with every id that its protocol knows."""
    mark = draw.draw
    told = hit(draw, site)
    kinds: list[dict[str, Any]] = [
        {},
        {"ping": 1},
        {"idgoal": 3, "revenue": draw.number("revenue")},
        {"search": mark("search"), "search_cat": mark("search_cat")},
        {"e_c": "Videos", "e_a": "Play" if site == PLAIN else mark("e_a"), "e_n": mark("e_n"), "e_v": mark("e_v")},
    ]
    made = {"idsite": site, "rec": 1, "url": told["u"], "urlref": told["r"], "res": "1280x720"}
    made |= {"lang": f"en-{mark('lang')}", "cip": draw.address("cip"), mark("unknown parameter"): mark("its value")}
    return made | {name: mark(name) for name in (*_IDS, *_UNREAD)} | draw.random.choice(kinds)


def matomo_request(draw: Markers) -> tuple[str, str, bytes, str]:
    """Draw method, target, body and media type of a request of Matomo's, in each form that there is."""
    site = draw.random.choice([PLAIN, STANDARD])
    form = "application/x-www-form-urlencoded"
    match draw.random.randrange(3):
        case 0:
            return "GET", f"/matomo.php?{urlencode(matomo(draw, site))}", b"", form
        case 1:
            return "POST", target(draw, "/piwik.php"), urlencode(matomo(draw, site)).encode(), form
        case _:
            requests = [matomo(draw, site), f"?{urlencode(matomo(draw, site))}"]
            body = {"requests": requests, "token_auth": draw.draw("token_auth"), draw.draw("bulk key"): 1}
            return "POST", "/matomo.php", json.dumps(body).encode(), "application/json"
