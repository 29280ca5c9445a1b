"""Pages that carry other people's trackers, as websites do, on hosts of their own: every submission is cross-origin."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PLAUSIBLE_TRACKER = """
<a id=out href="https://other.example/there?x=1">out</a>
<script type="module">
import Plausible from "/vendor/plausible-tracker/build/module/index.js";
const plausible = Plausible({ domain: location.hostname, apiHost: "SERVER" });
plausible.enableAutoPageviews();
plausible.enableAutoOutboundTracking();
window.plausible = plausible;
</script>"""
PLAUSIBLE_ANALYTICS = """
<p style="height: 300vh">long</p>
<a id=out href="https://other.example/there?x=1">out</a> <a id=file href="/files/manual.pdf?x=1">file</a>
<form><button id=send>send</button></form>
<script>for (const kind of ["click", "submit"]) addEventListener(kind, (event) => {
  if (kind == "submit" || event.target.closest("a")) event.preventDefault();
});</script>
<script type="module">
import { init, track } from "/vendor/@plausible-analytics/tracker/plausible.js";
init({ domain: location.hostname, endpoint: "SERVER/api/event", outboundLinks: true, fileDownloads: true,
       formSubmissions: true });
window.track = track;
</script>"""
PLAUSIBLE_HASH = """
<script type="module">
import { init } from "/vendor/@plausible-analytics/tracker/plausible.js";
init({ domain: location.hostname, endpoint: "SERVER/api/event", hashBasedRouting: true });
window.ready = true;
</script>"""
MATOMO = """
<script type="module">
import MatomoTracker from "/vendor/matomo-tracker-react-native/src/MatomoTracker.js";
window.tracker = new MatomoTracker({ urlBase: "SERVER", siteId: 3, userId: "ada@example.org" });
</script>"""
PIXEL = """
<noscript><img src="SERVER/api/pixel.gif?d=pixel.localhost" alt=""
  referrerpolicy="no-referrer-when-downgrade"></noscript>"""
BODIES = {
    "old.localhost": PLAUSIBLE_TRACKER,
    "new.localhost": PLAUSIBLE_ANALYTICS,
    "hash.localhost": PLAUSIBLE_HASH,
    "matomo.localhost": MATOMO,
    "pixel.localhost": PIXEL,
}


@dataclass
class Website:
    """Serves the pages by their host, and what npm installed below /vendor/, as it lies there."""

    modules: Path
    collector: str
    port: int = 0
    asked: list[str] = field(default_factory=list)

    def page(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    def content(self, host: str, path: str) -> tuple[str, bytes] | None:
        if not path.startswith("/vendor/"):
            body = BODIES[host].replace("SERVER", self.collector)
            return "text/html", f"<!doctype html><title>t</title><link rel=icon href=data:,>{body}".encode()
        file = self.modules / "node_modules" / path.removeprefix("/vendor/")
        # As bundlers do: modules for them leave the ending out.
        file = file if file.suffix else file.with_suffix(".js")
        return ("text/javascript", file.read_bytes()) if file.is_file() else None


@contextmanager
def serve(website: Website) -> Iterator[Website]:
    """Serve a website on a free port of loopback."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = (self.headers["host"] or "").partition(":")[0]
            found = website.content(host, urlsplit(self.path).path)
            kind, content = found if found is not None else ("text/plain", b"")
            self.send_response(HTTPStatus.OK if found is not None else HTTPStatus.NOT_FOUND)
            self.send_header("content-type", f"{kind}; charset=utf-8")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        website.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield website
        finally:
            server.shutdown()
            thread.join(10)
