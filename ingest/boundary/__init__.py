"""The privacy boundary: the only package where a full address exists, only while a connection is served.

    address      an address as a value that can be asked, never read
    networks     sets of CIDRs an address can be asked to be in
    geo          the country of an address, from a file
    proxies      whose forwarding headers are believed
    airlock      the outermost ASGI class: takes every address out of the scope
    visitor      the keys of the day, and the digests made with them
    consent      whether a request objects to being counted
    identifiers  the tripwire behind the closed schemas
    process      what the process itself must not leave behind

Everything else in Logless gets an `Address` and can ask it for its network, its country, whether it is in a
set of networks, and for keyed digests. The boundary knows none of the other packages.
"""
