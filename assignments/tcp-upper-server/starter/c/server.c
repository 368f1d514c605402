/* A TCP server. As handed out it accepts every connection and closes it without a word. */

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

/* Serves one client: reads its sentence, answers it in upper case. */
static void serve(int fd)
{
	/* TODO: read up to the LF. recv gives what has arrived by now: it may be one letter, or more than the
	   sentence. It returns 0 at the end of the stream and -1 on an error, and no 0 byte ends what it wrote.
	   TODO: send the answer. send may take a part of it: send the rest too. With the flag MSG_NOSIGNAL a client
	   that is gone gives an error; without it, it ends this program.
	   TODO: before closing, read the statement's hint on unread bytes. */
	(void)fd;
}

int main(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET};
	here.sin_port = htons(atoi(env("PORT", "1030")));
	if (inet_pton(AF_INET, env("HOST", "127.0.0.1"), &here.sin_addr) != 1) {
		fprintf(stderr, "server: HOST is not an IPv4 address\n");
		return 1;
	}
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	/* Without SO_REUSEADDR a server that is started again waits a minute for its port. */
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    bind(listener, (struct sockaddr *)&here, sizeof here) < 0 || listen(listener, 128) < 0) {
		perror("server: listen");
		return 1;
	}
	for (;;) {
		int fd = accept(listener, NULL, NULL); /* a new socket for this client; the listener stays as it is */
		if (fd < 0) {
			perror("server: accept");
			continue;
		}
		/* TODO: this serves one client after the other. One that says nothing must not stop the next: a thread
		   or a process for each client is one way, poll() is another. */
		serve(fd);
		close(fd);
	}
}
