/* A resolver. As handed out it answers SERVFAIL to everything: dig shows it. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { HEADER = 12, SERVFAIL = 2 };

static const char *env(const char *name, const char *fallback)
{
	const char *v = getenv(name);
	return v && *v ? v : fallback;
}

/* Reads the addresses of the root's servers. */
static void read_hints(const char *path)
{
	/* TODO: read the lines: see "Root hints" in the statement. What you need are the addresses of the A records. */
	(void)path;
}

/* Numbers are read and written byte by byte: so it does not matter in which order this machine has them. A struct with bit
   fields over the header looks shorter and is wrong on most machines. */
static unsigned get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = v >> 8;
	p[1] = v;
}

/* Finds the records that answer a question and gives the code. */
static int resolve(void)
{
	/* TODO: ask a root server. Its reply has no answer, but NS records in the authority section and addresses in the
	   additional one: ask one of those, and so on, until there is an answer: see "Iteration". That loop is the assignment.
	   TODO: each question goes out from a new socket, with an id from getrandom() and a time limit (poll or SO_RCVTIMEO):
	   see "Randomness". connect() leaves the checking of the address to the kernel; the rest stands in "Matching". When TC
	   is set, ask again over TCP.
	   TODO: then the cache: the records of a name and type, and the time when they end. Keep delegations as well.
	   TODO: then aliases, servers without an address or without an answer, and a limit on everything. */
	return SERVFAIL;
}

/* Writes the reply to the n bytes of query and gives its length; 0 is silence. */
static size_t answer(const uint8_t *query, size_t n, uint8_t *reply)
{
	/* TODO: are there 12 bytes at all? See "Messages that are broken". */
	(void)n;
	unsigned flags = get16(query + 2);
	/* TODO: what if this is a reply and no question? */

	/* TODO: read the question behind the header: a name, then type and class. You need the same function for the replies
	   of servers, where names are compressed: give it the whole message and the place, and let it say where the name
	   ends. Before each step: does the message have that many bytes still, and is there room where you put them? */
	int code = resolve();
	memset(reply, 0, HEADER);
	memcpy(reply, query, 2);
	put16(reply + 2, 0x8000 | (flags & 0x7900) | code); /* QR; the opcode and RD come back */
	/* TODO: RA, 0x0080, and the question; then the records, with their counts at 4, 6, 8 and 10. */
	return HEADER;
}

int main(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET};
	here.sin_port = htons(atoi(env("PORT", "5353")));
	if (inet_pton(AF_INET, env("HOST", "127.0.0.1"), &here.sin_addr) != 1) {
		fprintf(stderr, "resolver: HOST is not an IPv4 address\n");
		return 1;
	}
	read_hints(env("ROOT_HINTS", "named.root"));
	int udp = socket(AF_INET, SOCK_DGRAM, 0);
	if (udp < 0 || bind(udp, (struct sockaddr *)&here, sizeof here) < 0) {
		perror("resolver: bind");
		return 1;
	}
	/* TODO: TCP, at the same time and at the same port: a thread for each connection. Every message has its length before it
	   there, and recv gives whatever has come by now: a piece of a message, or several. */
	for (;;) {
		/* recvfrom gives one whole datagram and the address it came from. */
		static uint8_t query[65535], reply[65535];
		struct sockaddr_in client;
		socklen_t len = sizeof client;
		ssize_t n = recvfrom(udp, query, sizeof query, 0, (struct sockaddr *)&client, &len);
		if (n < 0) {
			perror("resolver: recvfrom");
			continue;
		}
		/* TODO: while you wait for a server here, nobody else is served: a thread for each question helps, with a copy of
		   its bytes, and a mutex for the cache. */
		size_t size = answer(query, n, reply);
		if (size > 0)
			sendto(udp, reply, size, 0, (struct sockaddr *)&client, len);
	}
}
