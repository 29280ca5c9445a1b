"""The installations of the made-up app that break, and the reports that they send, as Sentry's SDKs write them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random

from collector.demonstration.audience import address_in, country_for
from collector.demonstration.defects import DEFECTS, Defect

SHARES = {"android": 38, "ios": 34, "electron": 19, "python": 9}

SDKS = {
    "android": "sentry.java.android/8.27.0",
    "ios": "sentry.cocoa/9.1.0",
    "electron": "sentry.javascript.electron/7.5.0",
    "python": "sentry.python/2.75.0",
}
PLATFORMS = {"android": "java", "ios": "cocoa", "electron": "javascript", "python": "python"}


@dataclass(frozen=True, slots=True)
class System:
    """A system that the app runs on. Of versions, models and architectures the first is as common as all the others."""

    name: str
    weight: float
    versions: tuple[str, ...]
    models: tuple[str, ...]
    arches: tuple[str, ...]


_DESKTOPS = (
    System("Windows", 66, ("10.0.26200", "10.0.26100", "10.0.19045"), ("",), ("x86_64", "arm64")),
    System("macOS", 22, ("26.1", "15.7.2"), ("Mac15,12", "Mac14,2", "Mac16,1"), ("arm64",)),
    System("Linux", 12, ("6.12.57", "6.17.8", "6.8.0"), ("",), ("x86_64",)),
)
_PHONES = ("SM-S921B", "Pixel 9", "Pixel 8a", "SM-A556B", "SM-A156B", "moto g84 5G", "2312DRA50G", "Fairphone 5")
DEVICES = {
    "android": (System("Android", 100, ("16", "15", "14", "13"), _PHONES, ("arm64-v8a",)),),
    "ios": (
        System(
            "iOS",
            90,
            ("26.1", "26.0.1", "18.7.2"),
            ("iPhone17,3", "iPhone16,1", "iPhone15,4", "iPhone14,5"),
            ("arm64e",),
        ),
        System("iPadOS", 10, ("26.1", "18.7.2"), ("iPad14,8", "iPad13,18"), ("arm64e",)),
    ),
    "electron": _DESKTOPS,
    "python": _DESKTOPS,
}
"""By platform: the systems that the app runs on."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One copy of the app, on one device, at one address."""

    platform: str
    ip: str
    system: str
    version: str
    model: str
    arch: str
    environment: str


def install(chance: Random) -> Installation:
    """Make an installation up."""
    platform = chance.choices(tuple(SHARES), tuple(SHARES.values()))[0]
    systems = DEVICES[platform]
    system = chance.choices(systems, [each.weight for each in systems])[0]
    return Installation(
        platform=platform,
        ip=address_in(country_for(chance), chance),
        system=system.name,
        version=_common(system.versions, chance),
        model=_common(system.models, chance),
        arch=_common(system.arches, chance),
        environment="beta" if chance.random() < 0.08 else "production",
    )


def _common(values: tuple[str, ...], chance: Random) -> str:
    return values[0] if len(values) == 1 or chance.random() < 0.5 else chance.choice(values)


def break_down(installation: Installation, release: str, chance: Random) -> Defect:
    """Choose what breaks in that release on that platform."""
    present = [defect for defect in DEFECTS if defect.platform == installation.platform and release in defect.releases]
    return chance.choices(present, [defect.weight for defect in present])[0]


def write_event(installation: Installation, defect: Defect, release: str, at: str, chance: Random) -> dict[str, object]:
    """Write the event of one crash: what an SDK sends, with its consent, and some of what is thrown away."""
    event: dict[str, object] = {
        "event_id": f"{chance.getrandbits(128):032x}",
        "timestamp": at,
        "platform": PLATFORMS[defect.platform],
        "level": "fatal" if defect.platform in {"android", "ios"} else "error",
        "release": release,
        "environment": installation.environment,
        "tags": {"consent": "given"},
        "contexts": _contexts(installation, release, chance),
        "exception": {"values": _exceptions(defect, release, chance)},
    }
    if chance.random() < 0.3:
        # What an SDK adds unless it is told not to; none of it is kept, and the crash page says so.
        event["user"] = {"id": f"{chance.getrandbits(64):016x}"}
        event["breadcrumbs"] = {"values": [{"category": "navigation", "message": "note opened", "timestamp": at}]}
    return event


def write_envelope(event: dict[str, object]) -> str:
    """Write an envelope of one event.

    Envelopes: "Header lines are UTF-8 encoded JSON objects"; headers, item header and payload end at a newline.
    """
    lines = ({"event_id": event["event_id"]}, {"type": "event", "content_type": "application/json"}, event)
    return "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines)


def _contexts(installation: Installation, release: str, chance: Random) -> dict[str, object]:
    device: dict[str, object] = {"type": "device", "arch": installation.arch}
    if installation.model:
        device["model"] = installation.model
    return {
        "os": {"type": "os", "name": installation.system, "version": installation.version},
        "device": device,
        "app": {
            "type": "app",
            "app_name": "Lantern",
            "app_version": release.partition("@")[2],
            "in_foreground": chance.random() < 0.8,
        },
    }


def _exceptions(defect: Defect, release: str, chance: Random) -> list[dict[str, object]]:
    """Write the chain: "sorted from oldest to newest", a cause ahead of what was raised from it."""
    mechanism = {"type": "generic", "handled": False}
    frames = [_frame(line, defect.platform, release) for line in defect.stack]
    raised: dict[str, object] = {
        **_kind(defect.type, defect.platform),
        "value": defect.message.replace("{}", str(chance.randrange(10, 250))),
        "mechanism": mechanism,
        "stacktrace": {"frames": frames},
    }
    if defect.cause is None:
        return [raised]
    kind, message = defect.cause
    cause: dict[str, object] = {
        **_kind(kind, defect.platform),
        "value": message.replace("{}", str(chance.randrange(2, 250))),
        "stacktrace": {"frames": frames},
    }
    return [cause, raised]


def _kind(name: str, platform: str) -> dict[str, object]:
    """Write the type of an exception, and its module where the platform has them."""
    module, _, kind = name.rpartition(".")
    return {"type": kind, "module": module} if module and platform in {"android", "python"} else {"type": name}


def _frame(line: str, platform: str, release: str) -> dict[str, object]:
    """Write a frame. Lines of the app's own code move a little with every release, as they do."""
    where, function, number = line.removeprefix("~").rsplit(" ", 2)
    is_own = not line.startswith("~")
    frame: dict[str, object] = {"function": function, "in_app": is_own}
    if int(number):
        frame["lineno"] = int(number) + (3 * int(release.split(".")[1]) if is_own else 0)
    if platform == "android":
        extension = "kt" if is_own else "java"
        frame |= {"module": where, "filename": f"{where.rpartition('.')[2].partition('$')[0]}.{extension}"}
    elif platform == "python":
        frame |= {"module": where, "filename": f"{where.replace('.', '/')}.py"}
    elif platform == "electron":
        frame |= {"filename": f"app:///{where}" if is_own else where, "colno": 17}
    elif is_own:
        frame |= {"filename": where, "package": "Lantern"}
    else:
        frame["package"] = where
    return frame
