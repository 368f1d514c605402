/* A UDP client: sends one line from standard input and prints the server's reply. */

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 5, WAIT = 1000 /* milliseconds that one try waits for its reply */ };

static char reply[65536];

static const char *env(const char *name, const char *fallback)
{
	const char *v = getenv(name);
	return v && *v ? v : fallback;
}

static long now(void) /* in milliseconds, of a clock that nobody sets */
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

/* A UDP socket that is connected: it receives from this address and port and from nobody else. */
static int connect_udp(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *info;
	int err = getaddrinfo(host, port, &hints, &info);
	if (err) {
		fprintf(stderr, "client: %s:%s: %s\n", host, port, gai_strerror(err));
		exit(1);
	}
	int fd = socket(info->ai_family, info->ai_socktype, info->ai_protocol);
	if (fd < 0 || connect(fd, info->ai_addr, info->ai_addrlen) < 0) {
		perror("client: connect");
		exit(1);
	}
	freeaddrinfo(info);
	return fd;
}

/* Sends line until a reply comes and returns its length, or -1 when every try was in vain. */
static ssize_t ask(int fd, const char *line, size_t len)
{
	for (int i = 0; i < TRIES; i++) {
		long deadline = now() + WAIT, left;
		/* ECONNREFUSED here is the network's answer to the try before; this one may still do better. */
		if (send(fd, line, len, 0) < 0 && errno != ECONNREFUSED) {
			perror("client: send");
			exit(1);
		}
		while ((left = deadline - now()) > 0) {
			struct pollfd p = {.fd = fd, .events = POLLIN};
			if (poll(&p, 1, left) <= 0)
				continue;
			ssize_t n = recv(fd, reply, sizeof reply, 0);
			if (n >= 0)
				return n;
			/* Nobody listens there now. Wait out this try: the server may be about to start. */
			if ((left = deadline - now()) > 0)
				poll(NULL, 0, left);
		}
	}
	return -1;
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len = getline(&line, &size, stdin);
	if (len < 0)
		len = 0; /* no input is an empty line */
	if (len > 0 && line[len - 1] == '\n')
		len--;
	const char *host = env("HOST", "127.0.0.1"), *port = env("PORT", "12000");
	ssize_t n = ask(connect_udp(host, port), line, len);
	if (n < 0) {
		fprintf(stderr, "client: no reply from %s:%s after %d tries\n", host, port, TRIES);
		return 1;
	}
	/* fwrite and not %s: the reply may hold a NUL byte. */
	fputs("From Server: ", stdout);
	fwrite(reply, 1, n, stdout);
	putchar('\n');
	return fflush(stdout) ? 1 : 0;
}
