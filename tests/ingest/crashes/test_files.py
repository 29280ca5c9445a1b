from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.crashes.files import normal_file, normal_image

FILES = {
    "/home/bob/app/main.py": "main.py",
    "C:\\Users\\John Doe\\app\\main.cs": "main.cs",
    "file:///home/bob/x/y.mjs": "y.mjs",
    "app:///src/tunnel.ts": "tunnel.ts",
    "webpack-internal:///./src/foo.tsx": "foo.tsx",
    "package:flutter/src/widgets/framework.dart": "framework.dart",
    "MainActivity.kt": "MainActivity.kt",
    "SourceFile": "SourceFile",
    "Unknown Source": "UnknownSource",
    "<frozen importlib._bootstrap>": "<frozen importlib._bootstrap>",
    "<anonymous>": "<anonymous>",
    "node:internal/modules/cjs/loader": "loader",
    "node:fs": "fs",
    "/usr/include/c++/12/vector": "vector",
    "/usr/lib/x86_64-linux-gnu/libc.so.6": "libc.so.6",
    "/opt/venv/bin/gunicorn": "gunicorn",
    "/data/app/~~AbCdEf0123==/com.x-1AbC==/base.apk": "base.apk",
    "/data/app/~~AbCdEf0123==/com.x-1AbC==/base.apk!/lib/arm64-v8a/libfoo.so": "libfoo.so",
    # bundles: hashes are cut, names are not
    "https://x.org/static/js/main.3f2a91bc.js?user=/bob.js": "main.js",
    "https://x.org/js/main.js#/account/bob.js": "main.js",
    "1234.abcd12ef.chunk.js": "1234.chunk.js",
    "index-BX8sKq2f.js": "index.js",
    "index-a-8sKq2F.js": "index.js",
    "vendors~main.0f3a91bc22aa.js": "vendors~main.js",
    "jquery-migrate.js": "jquery-migrate.js",
    "polyfills-es2015.js": "polyfills-es2015.js",
    "main.facade.js": "main.facade.js",
    "main.3f2a91bc.py": "main.3f2a91bc.py",
    # not certainly code
    "https://shop.example.org/orders/12345": None,
    "https://shop.example.org/account/bob.smith?token=1": None,
    "https://shop.example.org/": None,
    "/account/bob.smith": None,
    "/home/bob/Letter to Alice": None,
    "/home/bob/report.docx": None,
    "/var/containers/Bundle/Application/12c2d058-d584-4270-9aa2-eca08bf20986/X.app/X": None,
    "<a href=bob>": None,
    "a/..": None,
    "": None,
}


@pytest.mark.parametrize(("sent", "normal"), FILES.items())
def test_files(sent: str, normal: str | None) -> None:
    assert normal_file(sent) == normal


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("/var/containers/Bundle/Application/12c2d058-d584-4270-9aa2-eca08bf20986/X.app/X", "X"),
        ("/Users/bob/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "Google Chrome"),
        ("C:\\Users\\bob\\AppData\\Local\\app-1.2\\vpn.exe", "vpn.exe"),
        ("/data/app/~~AbCdEf0123==/com.x-1AbC==/lib/arm64/libfoo.so", "libfoo.so"),
        ("https://shop.example.org/orders/12345", None),
        ("/", None),
    ],
)
def test_images(sent: str, normal: str | None) -> None:
    assert normal_image(sent) == normal


@given(st.lists(st.text(max_size=12), max_size=6), st.sampled_from(["/", "\\"]))
@settings(derandomize=True, max_examples=500)
def test_no_folder_is_ever_kept(folders: list[str], separator: str) -> None:
    folders = ["".join(char for char in folder if char not in "/\\:?#") for folder in folders]
    name = normal_file(separator.join(["", *(f"{folder}canary" for folder in folders), "code.py"]))
    assert name == "code.py"


@given(st.text(max_size=60) | st.text(alphabet="/\\.:?#<>-~=$ab0", max_size=60))
@settings(derandomize=True, max_examples=600)
def test_any_text_gives_a_part_of_itself_or_none(text: str) -> None:
    for name in (normal_file(text), normal_image(text)):
        assert name is None or ("/" not in name and "\\" not in name and len(name) <= len(text))
