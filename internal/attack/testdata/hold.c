// Holds much where it is not looked for, by name; each bounded by a count of its own.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char block[4 << 20];
static const char *kind;

static void said(const char *what) {
	printf("%s: %s\n", kind, what);
	fflush(stdout);
}

static void stay(void) {
	said("ALLOWED");
	sleep(30);
	_exit(0);
}

static void memfds(void) {
	for (int i = 0; i < 19; i++) {
		int f = memfd_create("a", 0);
		for (int k = 0; k < 12; k++)
			if (write(f, block, sizeof block) < 0) said(strerrorname_np(errno)), _exit(0);
	}
	stay();
}

static void *touch(void *unused) {
	usleep(100000); // the first thread has ended
	size_t n = 900u << 20;
	char *p = malloc(n);
	for (size_t i = 0; i < n; i += 4096) p[i] = 1;
	stay();
}

// Files of a build's folder without a name, that an ended first thread or nobody has open.
static void *fill(void *mapped) {
	usleep(100000);
	for (int i = 0; i < 5; i++) {
		int f = open("file", O_CREAT | O_RDWR, 0600);
		unlink("file");
		for (int k = 0; k < 120; k++)
			if (write(f, block, sizeof block) < 0) said(strerrorname_np(errno)), _exit(0);
		if (mapped) {
			mmap(0, 4096, PROT_READ, MAP_SHARED, f, 0);
			close(f);
		}
	}
	stay();
}

static int ownThread(void *unused) { memfds(); return 0; }

static void leave(void *(*f)(void *)) {
	pthread_t t;
	pthread_create(&t, 0, f, 0);
	syscall(SYS_exit, 0);
}

int main(int argc, char **argv) {
	kind = argv[1];
	if (!strcmp(kind, "undumpable")) {
		printf("prctl: %s\n", prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ? strerrorname_np(errno) : "ALLOWED");
		fflush(stdout);
		memfds();
	} else if (!strcmp(kind, "unreadable")) {
		// A program that its owner may not read cannot be looked into.
		if (argc > 2 && !strcmp(argv[2], "again")) memfds();
		system("cp attack /tmp/again && chmod 0111 /tmp/again");
		execl("/tmp/again", "again", kind, "again", (char *)0);
	} else if (!strcmp(kind, "leaderless")) {
		leave(touch);
	} else if (!strcmp(kind, "leaderless files")) {
		leave(fill);
	} else if (!strcmp(kind, "mapped files")) {
		fill(argv);
	} else if (!strcmp(kind, "thread")) {
		static char stack[65536];
		clone(ownThread, stack + sizeof stack, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0);
		for (;;) pause();
	} else if (!strcmp(kind, "tables")) {
		// A page table of 4 KiB for each byte that is read.
		size_t n = (size_t)200000 << 21;
		volatile char *p = mmap(0, n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (p == MAP_FAILED) said(strerrorname_np(errno)), exit(0);
		madvise((void *)p, n, MADV_NOHUGEPAGE);
		for (size_t i = 0; i < n; i += 1 << 21) p[i];
		stay();
	} else if (!strcmp(kind, "pipes")) {
		for (int i = 0; i < 60; i++)
			if (!fork()) {
				for (int k = 0; k < 1900; k++) {
					int f[2];
					if (pipe2(f, O_NONBLOCK)) break;
					while (write(f[1], block, 8192) > 0);
				}
				sleep(30);
				_exit(0);
			}
		sleep(8);
		stay();
	} else if (!strcmp(kind, "semaphores")) {
		int i;
		for (i = 0; i < 400; i++)
			if (semget(IPC_PRIVATE, 32000, 0600) < 0) break;
		printf("semaphores: %s after %d\n", i < 400 ? strerrorname_np(errno) : "ALLOWED", i);
	} else if (!strcmp(kind, "vfork")) {
		// Harmless: a child that has its parent's memory is no second program.
		size_t n = 300u << 20;
		char *p = malloc(n);
		for (size_t i = 0; i < n; i += 4096) p[i] = 1;
		for (int i = 0; i < 10; i++) {
			pid_t c = vfork();
			if (!c) usleep(100000), _exit(0);
			waitpid(c, 0, 0);
		}
		said("done");
	}
	return 0;
}
