"""All that is kept: integers in cells of a closed vocabulary.

`cells` is the vocabulary, `disclosure` decides when a value may leave memory, `window` holds an owner's
open days, `ledger` joins all windows and settles them once per turn of the event loop, `journal` keeps
what was acknowledged through a crash. Nothing here knows HTTP or a database.
"""
