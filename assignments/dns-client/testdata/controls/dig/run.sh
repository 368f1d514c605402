#!/bin/sh
# Asks as dns-client NAME TYPE does, with dig. The time for a reply is shortened: with dig's own five seconds and three
# tries silence lasts longer than the statement allows.
out=$(dig +noall +answer +comments +nottlunits +time=3 +tries=3 -p "$PORT" "@$HOST" -q "$1" -t "$2") || exit 1
printf '%s\n' "$out" | grep -v '^;' | grep .
code=$(printf '%s\n' "$out" | sed -n 's/^;; ->>HEADER<<-.*status: \([A-Z]*\),.*/\1/p' | tail -1)
[ "$code" = NOERROR ] && exit 0
echo "$code"
exit 1
