# unbound with its defaults, as far as a sandbox without root and without the world allows: it stays in the
# foreground and in its folder, asks servers on loopback, and knows the root's servers from the hints alone. By default it
# drops what it has found after 1.9 s: clients are to ask again, and ours ask once.
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
	discard-timeout: 10000
remote-control:
	control-enable: no
END
PATH=$PATH:/usr/sbin:/sbin
exec unbound -d -p -c "$TMPDIR/unbound.conf"
