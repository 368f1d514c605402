/* An HTTP server. As handed out it answers 501 Not Implemented to everything. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *env(const char *name, const char *fallback)
{
	const char *v = getenv(name);
	return v && *v ? v : fallback;
}

/* Serves one connection with the files below root. */
static void serve(int fd, const char *root)
{
	/* TODO: read a request: its first line, its fields up to the empty line, then its body, whose length the fields
	   tell. recv gives what has arrived by now: a piece of a line, or several requests at once. Keep what is left
	   over: it is the start of the next request. Nothing here is a string until you end it with a 0 byte. */
	char request[65536];
	if (recv(fd, request, sizeof request, 0) <= 0)
		return;

	/* TODO: answer it: see "Methods" in the statement. Serve the files below root and nothing else. */
	(void)root;
	const char *body = "Not Implemented\n";
	char answer[512];
	int n = snprintf(answer, sizeof answer,
			 "HTTP/1.1 501 Not Implemented\r\n"
			 "Content-Type: text/plain\r\n"
			 "Content-Length: %zu\r\n"
			 "Connection: close\r\n"
			 "\r\n%s",
			 strlen(body), body);
	/* TODO: Date is missing. TODO: the answer to HEAD has no body. TODO: send may take a part: send the rest too.
	   MSG_NOSIGNAL: without it a client that is gone ends this program. */
	send(fd, answer, n, MSG_NOSIGNAL);
	/* TODO: HTTP/1.1 keeps the connection for the next request. */
}

int main(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET};
	here.sin_port = htons(atoi(env("PORT", "8080")));
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
		int fd = accept(listener, NULL, NULL);
		if (fd < 0) {
			perror("server: accept");
			continue;
		}
		/* TODO: one connection after the other is too little: a client that says nothing stops the next. A thread
		   or a process for each connection is one way, poll() is another. */
		serve(fd, env("ROOT", "."));
		close(fd);
	}
}
