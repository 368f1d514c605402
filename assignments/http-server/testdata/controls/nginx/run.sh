#!/bin/sh
# Starts nginx in the foreground from HOST, PORT and ROOT.
d=$(mktemp -d)
cat > "$d/nginx.conf" <<C
daemon off;
master_process off;
pid $d/pid;
error_log $d/err;
events {}
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log off;
  client_body_temp_path $d/body; proxy_temp_path $d/proxy; fastcgi_temp_path $d/fcgi; uwsgi_temp_path $d/uwsgi; scgi_temp_path $d/scgi;
  server { listen $HOST:$PORT; root $ROOT; }
}
C
exec nginx -e "$d/err" -c "$d/nginx.conf"
