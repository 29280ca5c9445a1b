#!/bin/sh
# The browser that tests drive: from Debian when we may install it, else one line that says what to do.
# Firefox is driven too where it is there; its tests say so when they are passed over.
command -v chromium >/dev/null && { command -v firefox-esr >/dev/null || [ "$(id -u)" != 0 ]; } && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update && apt-get install -y --no-install-recommends chromium firefox-esr; } >/tmp/logless-apt.log 2>&1 && exit 0
  command -v chromium >/dev/null && exit 0
  echo "chromium could not be installed: see /tmp/logless-apt.log"
  exit 1
fi
echo "tests drive a real browser: apt install chromium"
exit 1
