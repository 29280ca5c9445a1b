"""Lines of web servers' logs, taken the way that submissions take.

    told       what a line tells, and why a line may be passed over
    moments    the times that logs write
    common     the common and combined formats of Apache and nginx, with or without a host in front
    caddy      Caddy's JSON
    pattern    the operator's own format, as it stands in nginx.conf or httpd.conf
    formats    all of them by name, and which one a log is in
    pages      which requests are for pages
    calendar   which days are taken
    intake     from lines to visits: the same steps as a live hit, with memories that live a day

Nothing of a line is kept, repeated or written anywhere; what it tells is counted as of a live hit.
"""
