/* A UDP client. As handed out it sends its line once and does not wait for the reply. */

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

int main(void)
{
	struct sockaddr_in server = {.sin_family = AF_INET};
	server.sin_port = htons(atoi(env("PORT", "12000")));
	if (inet_pton(AF_INET, env("HOST", "127.0.0.1"), &server.sin_addr) != 1) {
		fprintf(stderr, "client: HOST is not an IPv4 address\n");
		return 1;
	}

	/* The line as it is, of any length; it ends in '\n' unless the input stops before. */
	char *line = NULL;
	size_t size = 0;
	ssize_t len = getline(&line, &size, stdin);
	if (len < 0)
		len = 0;
	/* TODO: the line end is not part of what is sent. */

	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || sendto(fd, line, len, 0, (struct sockaddr *)&server, sizeof server) < 0) {
		perror("client: sendto");
		return 1;
	}
	fprintf(stderr, "client: sent %zd bytes\n", len);

	/* TODO: wait for the reply and print it on standard output.
	   - recvfrom waits for ever; poll() with a time, or SO_RCVTIMEO, does not. Datagrams get lost.
	   - No reply after about a second: send again. After some tries give up: return 1.
	   - Anybody can send to this socket. Compare the address that recvfrom fills in, or connect() the socket.
	   - The reply is no string: it may hold any byte, and no 0 ends it. fwrite prints it. */
	return 0;
}
