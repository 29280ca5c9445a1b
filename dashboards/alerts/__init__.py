"""What a team is told without looking: new groups, regressions, unusual numbers, the week of a site.

`findings` says what there is to tell of an app and `traffic` of a site, out of counters alone; `alert` is the closed
type in which it travels, which has no field that could hold a person, so a message may be forwarded anywhere. `watch`
looks when time has come, and `telling` sees to it that each thing is told once; couriers carry messages: `mail` by
SMTP, `webhook` to an address that `target` holds to be public.
"""
