/* A TCP client: sends one line from standard input and prints the server's reply. */

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT = 8000 /* milliseconds for all of it: connecting, sending and the reply */ };

static long deadline;

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

static void die(const char *what)
{
	fprintf(stderr, "client: %s\n", what);
	exit(1);
}

/* Waits until the socket can be read or written, or ends the program at the deadline. */
static void wait_for(int fd, short events)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = events};
		long left = deadline - now();
		if (left <= 0)
			die("the server did not answer in time");
		if (poll(&p, 1, left) > 0)
			return;
	}
}

/* A connected socket that never blocks, so that every wait can keep the deadline. */
static int connect_tcp(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *info;
	int err = getaddrinfo(host, port, &hints, &info);
	if (err)
		die(gai_strerror(err));
	int fd = socket(info->ai_family, info->ai_socktype, info->ai_protocol);
	if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		die(strerror(errno));
	if (connect(fd, info->ai_addr, info->ai_addrlen) < 0) {
		if (errno != EINPROGRESS)
			die(strerror(errno));
		socklen_t len = sizeof err;
		wait_for(fd, POLLOUT);
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
		if (err)
			die(strerror(err));
	}
	freeaddrinfo(info);
	return fd;
}

/* Sends all of it: send() may take a part. */
static void send_all(int fd, const char *b, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, b, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			die(strerror(errno));
		if (n < 0) {
			wait_for(fd, POLLOUT);
			continue;
		}
		b += n;
		len -= n;
	}
}

/* Reads up to the LF or the end of the stream, in whatever pieces they come. The LF is not counted. */
static char *read_reply(int fd, size_t *len)
{
	size_t size = 4096;
	char *b = malloc(size);
	*len = 0;
	for (;;) {
		if (*len == size)
			b = realloc(b, size *= 2);
		if (!b)
			die("out of memory");
		wait_for(fd, POLLIN);
		ssize_t n = recv(fd, b + *len, size - *len, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			die(strerror(errno));
		if (n == 0)
			return b;
		char *lf = memchr(b + *len, '\n', n);
		if (lf) {
			*len = lf - b;
			return b;
		}
		*len += n;
	}
}

int main(void)
{
	char *line = NULL;
	size_t size = 0, n;
	ssize_t len = getline(&line, &size, stdin);
	if (len < 0)
		len = 0; /* no input is an empty line */
	if (len > 0 && line[len - 1] == '\n')
		len--;
	deadline = now() + LIMIT;
	int fd = connect_tcp(env("HOST", "127.0.0.1"), env("PORT", "1030"));
	send_all(fd, line, len);
	send_all(fd, "\n", 1);
	char *reply = read_reply(fd, &n);
	if (n == 0 && len > 0)
		die("the server closed without a reply");
	/* fwrite and not %s: the reply may hold a NUL byte. */
	fputs("From Server: ", stdout);
	fwrite(reply, 1, n, stdout);
	putchar('\n');
	return fflush(stdout) ? 1 : 0;
}
