"""The people of the demonstration: made up, with addresses of networks that exist in the countries they are from.

Weights are shares in percent, roughly; they need not sum to a hundred.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from random import Random


@dataclass(frozen=True, slots=True)
class Country:
    """A country: how many come from there, what its browsers speak, and some of its networks."""

    code: str
    weight: float
    languages: tuple[str, ...]
    networks: tuple[str, ...]  # the first two octets of an IPv4 address
    prefixes: tuple[str, ...]  # the first two groups of an IPv6 address


@dataclass(frozen=True, slots=True)
class Agent:
    """A browser on a system, with the widths of the screens that it is seen on."""

    text: str
    weight: float
    widths: tuple[int, ...]
    system: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with one device, at one address."""

    ip: str
    agent: Agent
    width: int
    language: str


def _country(code: str, weight: float, languages: str, networks: str, prefixes: str) -> Country:
    return Country(code, weight, tuple(languages.split()), tuple(networks.split()), tuple(prefixes.split()))


COUNTRIES = (
    _country("US", 25, "en-US en-US en-US en-US es-US", "173.96 174.76 63.163 64.164 69.45", "2604:d4c0 2607:f8d8"),
    _country("DE", 15, "de-DE de-DE de en-US", "178.14 2.213 78.42 91.17 91.2", "2a00:17d8 2a01:b1c0"),
    _country("AT", 7, "de-AT de-AT de en-US", "178.112 193.83 212.186 46.125 85.124", "2a03:c400 2a0c:ec80"),
    _country("GB", 8, "en-GB", "86.183 90.206 90.244 92.10 137.50", "2a02:af8 2a03:ca80"),
    _country("FR", 7, "fr-FR fr-FR fr en-US", "176.132 37.70 78.114 86.213 90.121", "2a03:5980 2a06:a400"),
    _country("NL", 4, "nl-NL nl-NL en-US", "82.175 87.213 94.169 145.118", "2a00:1f00 2a0b:b9c0"),
    _country("CH", 4, "de-CH de-CH fr-CH en-US", "178.198 81.62 83.78 85.2", "2001:1600 2a03:1360"),
    _country("SE", 3, "sv-SE sv-SE en-US", "78.74 90.233 95.192 2.251", "2001:2044 2a03:1e40"),
    _country("ES", 3, "es-ES es-ES ca", "2.139 37.12 62.14 83.57 88.5", "2a00:b5c0 2a03:9340"),
    _country("IT", 3, "it-IT", "109.114 151.30 79.19 93.148 93.49", "2a01:820 2a0b:7380"),
    _country("PL", 3, "pl-PL", "83.0 83.17 89.73 95.160", "2001:a10 2a06:dec0"),
    _country("CA", 3, "en-CA en-CA fr-CA", "142.172 174.118 24.82 64.229", "2605:3b40 2606:7480"),
    _country("BR", 2.5, "pt-BR", "177.140 179.182 187.30 201.75", "2804:19f8 2804:6ce4"),
    _country("IN", 2.5, "en-IN en-IN hi-IN en-US", "115.244 117.200 157.41 59.92", "2401:fa40 2405:2740"),
    _country("JP", 2, "ja-JP", "106.131 126.111 153.220 219.58", "2400:1000 2400:b1a0"),
    _country("AU", 2, "en-AU", "101.173 110.142 175.34 58.165", "2400:9c00 2401:640"),
    _country("CZ", 1.5, "cs-CZ", "109.183 46.13 77.48 89.102", "2a03:71c0 2a07:3c0"),
    _country("FI", 1, "fi-FI en-US", "80.186 195.197 193.166", "2001:6e8 2a02:c5c0"),
    _country("NO", 1, "nb-NO en-US", "46.67 89.9 195.139", "2a00:1400 2a02:2c8"),
    _country("PT", 1, "pt-PT", "188.80 37.189 84.90 89.152", "2001:1588 2a01:10"),
    _country("UA", 1, "uk-UA", "159.224 176.36 37.55 46.119", "2a02:8a8 2a06:2280"),
    _country("KR", 0.8, "ko-KR", "112.154 121.164 14.88 59.21", "2001:290 2404:18c"),
    _country("MX", 0.7, "es-MX", "187.153 187.244 189.159 201.109", "2001:1204 2806:3e8"),
    _country("ZA", 0.5, "en-ZA", "197.67 41.112 41.157 41.23", "2c0f:1500 2c0f:f6f0"),
    _country("AR", 0.5, "es-AR", "181.102 186.12 190.137 190.191", "2803:1750 2803:af00"),
)

_DESKTOP = (1920, 1920, 1920, 1536, 1536, 1440, 1366, 2560, 1280, 1680, 3440)
_MAC = (1440, 1512, 1512, 1728, 1470, 2560)
_PHONE = (360, 384, 393, 412, 412, 414)
_IPHONE = (390, 393, 393, 402, 430, 440)
_TABLET = (800, 820, 834, 1024)
_KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_MACINTOSH = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_LINUX = "Mozilla/5.0 (X11; Linux x86_64)"
_ANDROID = "Mozilla/5.0 (Linux; Android 10; K)"

AGENTS = (
    Agent(f"{_WINDOWS} {_KIT} Chrome/156.0.0.0 Safari/537.36", 15, _DESKTOP, "windows"),
    Agent(f"{_WINDOWS} {_KIT} Chrome/155.0.0.0 Safari/537.36", 5, _DESKTOP, "windows"),
    Agent(f"{_WINDOWS} {_KIT} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0", 6, _DESKTOP, "windows"),
    Agent(f"{_WINDOWS} {_KIT} Chrome/155.0.0.0 Safari/537.36 OPR/139.0.0.0", 1, _DESKTOP, "windows"),
    Agent("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:157.0) Gecko/20100101 Firefox/157.0", 6, _DESKTOP, "windows"),
    Agent(f"{_MACINTOSH} {_KIT} Chrome/156.0.0.0 Safari/537.36", 7, _MAC, "macos"),
    Agent(f"{_MACINTOSH} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15", 6, _MAC, "macos"),
    Agent("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:157.0) Gecko/20100101 Firefox/157.0", 2, _MAC, "macos"),
    Agent(f"{_LINUX} {_KIT} Chrome/156.0.0.0 Safari/537.36", 3, _DESKTOP, "linux"),
    Agent("Mozilla/5.0 (X11; Linux x86_64; rv:157.0) Gecko/20100101 Firefox/157.0", 6, _DESKTOP, "linux"),
    Agent("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", 2, _DESKTOP, "linux"),
    Agent(f"{_ANDROID} {_KIT} Chrome/156.0.0.0 Mobile Safari/537.36", 15, _PHONE, "android"),
    Agent(f"{_ANDROID} {_KIT} SamsungBrowser/30.0 Chrome/146.0.0.0 Mobile Safari/537.36", 2, _PHONE, "android"),
    Agent("Mozilla/5.0 (Android 16; Mobile; rv:157.0) Gecko/157.0 Firefox/157.0", 3, _PHONE, "android"),
    Agent(f"{_ANDROID} {_KIT} Chrome/156.0.0.0 Safari/537.36", 1, _TABLET, "android"),
    Agent(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
        " Version/26.1 Mobile/15E148 Safari/604.1",
        16,
        _IPHONE,
        "ios",
    ),
    Agent(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
        " CriOS/156.0.6943.33 Mobile/15E148 Safari/604.1",
        2,
        _IPHONE,
        "ios",
    ),
    Agent(
        "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
        " Version/26.1 Mobile/15E148 Safari/604.1",
        2,
        _TABLET,
        "ios",
    ),
)

_COUNTRY_WEIGHTS = tuple(country.weight for country in COUNTRIES)
_AGENT_WEIGHTS = tuple(agent.weight for agent in AGENTS)


def meet(chance: Random) -> Person:
    """Make somebody up."""
    country = country_for(chance)
    agent = chance.choices(AGENTS, _AGENT_WEIGHTS)[0]
    return Person(address_in(country, chance), agent, chance.choice(agent.widths), chance.choice(country.languages))


def country_for(chance: Random) -> Country:
    """Choose a country by its share."""
    return chance.choices(COUNTRIES, _COUNTRY_WEIGHTS)[0]


def address_in(country: Country, chance: Random) -> str:
    """Make an address up, in one of the country's networks; three of ten are IPv6."""
    if chance.random() < 0.3:
        return _host_of_prefix(chance.choice(country.prefixes), chance)
    network = chance.choice(country.networks)
    return f"{network}.{chance.randrange(256)}.{chance.randrange(1, 255)}"


def _host_of_prefix(prefix: str, chance: Random) -> str:
    return str(IPv6Address(int(IPv6Address(f"{prefix}::")) | chance.getrandbits(96)))
