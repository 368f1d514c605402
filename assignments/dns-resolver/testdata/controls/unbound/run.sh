# unbound with its defaults, as far as a sandbox without root and without the world allows: it stays in the
# foreground and in its folder, asks servers on loopback, and knows the root's servers from the hints alone.
cat > "$TMPDIR/unbound.conf" <<END
server:
	do-daemonize: no
	use-syslog: no
	username: ""
	chroot: ""
	directory: ""
	pidfile: ""
	interface: $HOST
	port: $PORT
	do-ip6: no
	access-control: 127.0.0.0/8 allow
	do-not-query-localhost: no
	root-hints: "$ROOT_HINTS"
	module-config: "iterator"
remote-control:
	control-enable: no
END
PATH=$PATH:/usr/sbin:/sbin
exec unbound -d -p -c "$TMPDIR/unbound.conf"
