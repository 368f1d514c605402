"""Validators, preconditions (RFC 9110 section 13) and dates (section 5.6.7)."""

import re
from datetime import datetime, timedelta, timezone

# Not strftime: its names of days and months follow the locale.
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
TIME = r"(?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)"
DATES = (
    re.compile(DAY + r", (?P<d>\d\d) (?P<m>[A-Z][a-z]{2}) (?P<y>\d{4}) " + TIME + " GMT", re.ASCII),
    re.compile(r"[A-Z][a-z]+day, (?P<d>\d\d)-(?P<m>[A-Z][a-z]{2})-(?P<y>\d\d) " + TIME + " GMT", re.ASCII),
    re.compile(DAY + r" (?P<m>[A-Z][a-z]{2}) (?P<d>[ \d]\d) " + TIME + r" (?P<y>\d{4})", re.ASCII),
)
# A comma may also stand inside a tag, so splitting at commas is wrong.
TAG = re.compile(r'[ \t,]*(W/)?("[^"]*")')


def http_date(seconds):
    t = datetime.fromtimestamp(int(seconds), timezone.utc)
    day, month = DAYS[t.weekday()], MONTHS[t.month - 1]
    return f"{day}, {t.day:02} {month} {t.year:04} {t.hour:02}:{t.minute:02}:{t.second:02} GMT"


def parse_date(text):
    """Seconds since 1970 of a date in any of the three forms, or None: one that cannot be read is as none at all."""
    for form in DATES:
        match = form.fullmatch(text)
        if not match:
            continue
        year, now = int(match["y"]), datetime.now(timezone.utc)
        if len(match["y"]) == 2:
            year += now.year // 100 * 100
            if year > now.year + 50:
                year -= 100
        second = 59 if match["S"] == "60" else int(match["S"])  # datetime knows no leap seconds
        try:
            t = datetime(year, MONTHS.index(match["m"]) + 1, int(match["d"]), int(match["H"]), int(match["M"]), second,
                         tzinfo=timezone.utc)
        except ValueError:
            return None
        return (t - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(seconds=1)
    return None


class Validators:
    """What tells one version of a file from another.

    The tag is strong: it holds the inode, the time and the size. A file that is put anew gets a new inode, so two
    versions within one tick of the clock differ too.
    """

    def __init__(self, stat, now):
        self.etag = f'"{stat.st_ino:x}-{stat.st_mtime_ns:x}-{stat.st_size:x}"'
        self.modified = min(stat.st_mtime_ns // 10**9, int(now))  # Last-Modified is never later than Date


def precondition(request, version):
    """Evaluates a request's conditions in the order of RFC 9110 section 13.2.2.

    version is the file's Validators, or None when there is no file. Returns 0 to go on, 304 or 412.
    """
    reading = request.method in ("GET", "HEAD")

    if request.values("if-match"):
        if not matches(request.values("if-match"), version, weak=False):
            return 412
    elif version:
        date = date_field(request, "if-unmodified-since")
        if date is not None and version.modified > date:
            return 412

    if request.values("if-none-match"):
        if not matches(request.values("if-none-match"), version, weak=True):
            return 0
        return 304 if reading else 412
    # If-None-Match is the better validator: only without it does the date count.
    if version and reading:
        date = date_field(request, "if-modified-since")
        if date is not None and version.modified <= date:
            return 304
    return 0


def matches(values, version, weak):
    """Whether a list of entity tags holds the version's, or is * while there is a file.

    A weak comparison does not look at W/; in a strong one a tag with W/ never matches.
    """
    text = ",".join(values)
    if not version or text.strip(" \t") == "*":
        return version is not None
    position = 0
    while True:
        tag = TAG.match(text, position)
        if not tag:
            return False
        if tag[2] == version.etag and (weak or not tag[1]):
            return True
        position = tag.end()


def date_field(request, name):
    values = request.values(name)
    return parse_date(values[0]) if len(values) == 1 else None
