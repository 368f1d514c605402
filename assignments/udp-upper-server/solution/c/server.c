/* A UDP server that answers every datagram in upper case. */

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* More than any datagram UDP over IP can carry; a smaller buffer would cut one off without a word. */
static unsigned char buf[65535];

static const char *env(const char *name, const char *fallback)
{
	const char *v = getenv(name);
	return v && *v ? v : fallback;
}

/* Binds a UDP socket, or ends the program. */
static int bind_udp(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE}, *info;
	int err = getaddrinfo(host, port, &hints, &info);
	if (err) {
		fprintf(stderr, "server: %s:%s: %s\n", host, port, gai_strerror(err));
		exit(1);
	}
	int fd = socket(info->ai_family, info->ai_socktype, info->ai_protocol);
	if (fd < 0 || bind(fd, info->ai_addr, info->ai_addrlen) < 0) {
		perror("server: bind");
		exit(1);
	}
	freeaddrinfo(info);
	return fd;
}

/* Raises a-z by hand: toupper() follows the locale and is undefined for a negative char. */
static void raise_case(unsigned char *b, ssize_t n)
{
	for (ssize_t i = 0; i < n; i++)
		if (b[i] >= 'a' && b[i] <= 'z')
			b[i] -= 'a' - 'A';
}

int main(void)
{
	int fd = bind_udp(env("HOST", "127.0.0.1"), env("PORT", "12000"));
	for (;;) {
		struct sockaddr_storage from;
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&from, &len);
		if (n < 0) { /* nothing was received: wait for the next one */
			perror("server: recvfrom");
			continue;
		}
		raise_case(buf, n);
		if (sendto(fd, buf, n, 0, (struct sockaddr *)&from, len) < 0)
			perror("server: sendto"); /* this sender is out of luck; the others are not */
	}
}
