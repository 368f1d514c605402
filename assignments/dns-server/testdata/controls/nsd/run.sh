#!/bin/sh
# Starts NSD in the foreground from HOST, PORT and ZONE.
d=$(mktemp -d)
origin=$(sed -n 's/^\$ORIGIN[[:blank:]]*\([^[:blank:];]*\).*/\1/p' "$ZONE")
cat > "$d/nsd.conf" <<C
server:
  ip-address: $HOST@$PORT
  username: ""
  chroot: ""
  database: ""
  zonesdir: "$d"
  xfrdir: "$d"
  xfrdfile: "$d/xfrd"
  zonelistfile: "$d/zones"
  pidfile: "$d/pid"
  hide-version: yes
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "$origin"
  zonefile: "$ZONE"
C
# Where AppArmor keeps nsd to its own folders it does so by the path of the program.
cp "$(PATH=$PATH:/usr/sbin command -v nsd)" "$d/nsd"
exec "$d/nsd" -d -c "$d/nsd.conf"
