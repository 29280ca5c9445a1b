"""What a team is told without looking: new groups, regressions, unusual numbers.

`findings` says what there is to tell, out of counters alone; `alert` is the closed type in which it travels, which has
no field that could hold a person, so a message may be forwarded anywhere. `watch` looks when time has come and sees to
it that each thing is told once; `couriers` carry messages: `mail` by SMTP, `webhook` to an address that `target` holds
to be public.
"""
