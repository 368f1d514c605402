/* A DNS client. As handed out it sends a header without a question and does not wait for the reply. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { HEADER = 12 };

static const char *env(const char *name, const char *fallback)
{
	const char *v = getenv(name);
	return v && *v ? v : fallback;
}

/* Numbers are written byte by byte: so it does not matter in which order this machine has them. A struct with bit fields
   over the header looks shorter and is wrong on most machines. */
static void put16(uint8_t *p, unsigned v)
{
	p[0] = v >> 8;
	p[1] = v;
}

/* Writes a query and gives its length. */
static size_t pack_query(const char *name, const char *type, uint8_t *out)
{
	memset(out, 0, HEADER);
	put16(out, 1);
	/* TODO: draw the id: getrandom() of sys/random.h. See "Header" in the statement, also for the bit RD, 0x0100 at 2.
	   TODO: one question: the name, then the number of the type, then 1. A name is label after label, each with its
	   length before it, and a 0 at the end. The number at 4 counts it. Is there room in out for every name?
	   TODO: a type may be written TYPE65280 as well. */
	(void)name;
	(void)type;
	return HEADER;
}

/* Prints the records of the answer section. */
static void print_records(const uint8_t *reply, size_t n)
{
	/* TODO: read the header and go past the question; then each record has a name, type, class, a TTL of 32 bits, a
	   length, and that many bytes of data. See "Output". A function that reads a name at a place, and says where it ends,
	   is the heart of it: see "Names" for pointers. Before each step: does the reply have that many bytes still? */
	(void)reply;
	(void)n;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: client NAME TYPE\n");
		return 2;
	}
	struct sockaddr_in server = {.sin_family = AF_INET};
	server.sin_port = htons(atoi(env("PORT", "53")));
	if (inet_pton(AF_INET, env("HOST", "127.0.0.1"), &server.sin_addr) != 1) {
		fprintf(stderr, "client: HOST is not an IPv4 address\n");
		return 2;
	}
	uint8_t query[512];
	size_t size = pack_query(argv[1], argv[2], query);

	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || sendto(fd, query, size, 0, (struct sockaddr *)&server, sizeof server) < 0) {
		perror("client: sendto");
		return 1;
	}
	fprintf(stderr, "client: sent %zu bytes\n", size);

	/* TODO: wait for the reply and print its records.
	   - recvfrom waits for ever; poll() with a time, or SO_RCVTIMEO, does not. Datagrams get lost: see "Waiting".
	   - Anybody can send to this socket: see "Strangers". connect() leaves the checking of the address to the kernel.
	   - TC set, 0x0200? Ask again over TCP: see "Truncation". recv gives whatever has come by now.
	   - The code is in the last four bits of the second number: see "Response codes" and "Exit status". */
	print_records(NULL, 0);
	fprintf(stderr, "client: no reply was waited for\n");
	return 1;
}
