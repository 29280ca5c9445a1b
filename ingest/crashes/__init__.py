"""Crash reports: from an SDK's envelope to counts of groups.

`endpoint` answers; `authentication`, `body`, `encoding` and `envelope` open what was sent; `event` builds a new
`Report` out of it, field by field, with `stack` and `frames` for the code that crashed; `grouping` names the
group; `sections` looks into JSON without ever materialising a value that is not kept. Nothing but names of code
and values of printed lists goes further than `event`.
"""
