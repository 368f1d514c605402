/* A UDP server. As handed out it sends every datagram back unchanged. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static const char *env(const char *name, const char *fallback)
{
	const char *v = getenv(name);
	return v && *v ? v : fallback;
}

/* Changes the n bytes of a datagram into its answer, in place. */
static void answer(unsigned char *data, ssize_t n)
{
	/* TODO: raise the ASCII letters. The data is n bytes and no string: it may hold any byte, also 0, and no
	   0 ends it. */
	(void)data;
	(void)n;
}

int main(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET};
	here.sin_port = htons(atoi(env("PORT", "12000")));
	if (inet_pton(AF_INET, env("HOST", "127.0.0.1"), &here.sin_addr) != 1) {
		fprintf(stderr, "server: HOST is not an IPv4 address\n");
		return 1;
	}
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) < 0) {
		perror("server: bind");
		return 1;
	}
	for (;;) {
		/* recvfrom gives one whole datagram and the address it came from. What does not fit into the buffer
		   is lost. */
		unsigned char data[2048];
		struct sockaddr_in sender;
		socklen_t len = sizeof sender;
		ssize_t n = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&sender, &len);
		if (n < 0) {
			perror("server: recvfrom");
			continue;
		}
		answer(data, n);
		/* TODO: look at what sendto returns. */
		sendto(fd, data, n, 0, (struct sockaddr *)&sender, len);
	}
}
