/* A TCP client. As handed out it connects, says so, and leaves without a word to the server. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *env(const char *name, const char *fallback)
{
	const char *v = getenv(name);
	return v && *v ? v : fallback;
}

int main(void)
{
	struct sockaddr_in server = {.sin_family = AF_INET};
	server.sin_port = htons(atoi(env("PORT", "1030")));
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

	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof server) < 0) {
		perror("client: connect");
		return 1;
	}
	fprintf(stderr, "client: connected, with a line of %zd bytes\n", len);

	/* TODO: send the line, ended by LF. send may take a part of it: send the rest too.
	   TODO: read the reply up to its LF or to the end of the stream. recv gives what has arrived by now: it may be
	   a piece of the reply. It returns 0 at the end of the stream, and no 0 byte ends what it wrote.
	   TODO: print the reply on standard output with fwrite.
	   TODO: no reply within 10 seconds in all (poll with a time, or SO_RCVTIMEO), or none before the end:
	   a message on standard error and return 1. */
	close(fd);
	return 0;
}
