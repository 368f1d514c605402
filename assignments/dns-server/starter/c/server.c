/* A name server. As handed out it answers NOTIMP to everything: dig shows it. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { HEADER = 12, NOTIMP = 4 };

static const char *env(const char *name, const char *fallback)
{
	const char *v = getenv(name);
	return v && *v ? v : fallback;
}

/* Reads the zone file. */
static void read_zone(const char *path)
{
	/* TODO: read the lines: see "Zone file" in the statement. Keep the names as they go over the wire, in small letters:
	   they may be compared with memcmp, and the name above stands at name + 1 + name[0]. */
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

/* Writes the reply to the n bytes of query and gives its length; 0 is silence. */
static size_t answer(const uint8_t *query, size_t n, uint8_t *reply)
{
	/* TODO: are there 12 bytes at all? See "Malformed messages". */
	(void)n;
	unsigned flags = get16(query + 2);
	/* TODO: what if this is a reply and no question? See "Responses". */

	/* TODO: read the question behind the header: a name, then type and class. A name is label after label, each with its
	   length before it, up to a length of 0. Before each step: does the message have that many bytes still, and is there
	   room for them where you put them?
	   TODO: find the records: a name that is there with that type, a name without that type, and no such name are three
	   different answers. Then aliases, wildcards and delegations. */
	memset(reply, 0, HEADER);
	memcpy(reply, query, 2);
	put16(reply + 2, 0x8000 | (flags & 0x7900) | NOTIMP); /* QR; the opcode and RD come back */
	/* TODO: repeat the question, set AA (0x0400), add the sections, and their counts at 4, 6, 8 and 10.
	   TODO: more than 512 bytes do not go over UDP: see "UDP" and "Sizes". */
	return HEADER;
}

int main(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET};
	here.sin_port = htons(atoi(env("PORT", "5300")));
	if (inet_pton(AF_INET, env("HOST", "127.0.0.1"), &here.sin_addr) != 1) {
		fprintf(stderr, "server: HOST is not an IPv4 address\n");
		return 1;
	}
	read_zone(env("ZONE", "utopia.zone"));
	int udp = socket(AF_INET, SOCK_DGRAM, 0);
	if (udp < 0 || bind(udp, (struct sockaddr *)&here, sizeof here) < 0) {
		perror("server: bind");
		return 1;
	}
	/* TODO: TCP, at the same time and at the same port. poll() over all sockets is one way, a thread for each connection
	   another. Every message has its length before it there, and recv gives whatever has come by now: a piece of a
	   message, or several. */
	for (;;) {
		/* recvfrom gives one whole datagram and the address it came from. */
		static uint8_t query[65535], reply[65535];
		struct sockaddr_in client;
		socklen_t len = sizeof client;
		ssize_t n = recvfrom(udp, query, sizeof query, 0, (struct sockaddr *)&client, &len);
		if (n < 0) {
			perror("server: recvfrom");
			continue;
		}
		size_t size = answer(query, n, reply);
		if (size > 0)
			sendto(udp, reply, size, 0, (struct sockaddr *)&client, len);
	}
}
