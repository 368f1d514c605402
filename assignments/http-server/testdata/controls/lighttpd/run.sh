#!/bin/sh
d=$(mktemp -d)
cat > "$d/l.conf" <<C
server.document-root = "$ROOT"
server.bind = "$HOST"
server.stat-cache-engine = "disable"
server.port = $PORT
server.errorlog = "$d/err"
index-file.names = ( "index.html" )
mimetype.assign = (
  ".html" => "text/html", ".txt" => "text/plain", ".css" => "text/css", ".js" => "text/javascript",
  ".json" => "application/json", ".png" => "image/png", ".jpg" => "image/jpeg", ".gif" => "image/gif",
  ".svg" => "image/svg+xml", ".pdf" => "application/pdf", "" => "application/octet-stream",
)
C
exec lighttpd -D -f "$d/l.conf"
