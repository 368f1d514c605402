# BIND as a resolver with its defaults, as far as a sandbox without root and without the world allows: it stays in the
# foreground and in its folder, and knows the root's servers from the hints alone.
cat > "$TMPDIR/named.conf" <<END
options {
  directory "$TMPDIR"; pid-file "$TMPDIR/pid"; session-keyfile "$TMPDIR/key"; lock-file none;
  listen-on port $PORT { $HOST; }; listen-on-v6 { none; };
  recursion yes; allow-query { any; }; allow-recursion { any; };
  dnssec-validation no; notify no; empty-zones-enable no;
};
controls {};
logging { channel err { stderr; severity info; }; category default { err; }; };
zone "." { type hint; file "$ROOT_HINTS"; };
END
# Where AppArmor keeps named to its own folders it does so by the path of the program.
cp "$(PATH=$PATH:/usr/sbin command -v named)" "$TMPDIR/named"
exec "$TMPDIR/named" -f -4 -n 2 -c "$TMPDIR/named.conf"
