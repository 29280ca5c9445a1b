"""`python -m collector` is `logless`."""

from collector.command import main

main()
