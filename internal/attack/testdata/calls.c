// Tries what policy.txt denies. Every argument is such that a call which gets
// through fails for another reason or does no harm.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void said(const char *name, long r) {
	printf("%s: %s\n", name, r >= 0 ? "ALLOWED" : strerrorname_np(errno));
	fflush(stdout);
}
#define TRY(name, ...) said(#name, syscall(SYS_##name, ##__VA_ARGS__))

static int child(void *arg) { return 0; }
static char stack[65536];

int main(void) {
	struct io_uring_params params = {0};
	struct iovec iov = {&params, 1};
	TRY(clone3, 0, 0);
	TRY(io_uring_setup, 1, &params);
	TRY(io_uring_enter, -1, 0, 0, 0, 0);
	TRY(io_uring_register, -1, 0, 0, 0);
	TRY(unshare, CLONE_NEWUSER);
	TRY(unshare, CLONE_NEWNET);
	TRY(setns, -1, 0);
	TRY(mount, "none", "/tmp", "tmpfs", 0, 0);
	TRY(umount2, "/proc", 2);
	TRY(pivot_root, ".", ".");
	TRY(chroot, "/");
	TRY(fsopen, "tmpfs", 0);
	TRY(open_tree, -1, "", 0);
	// Glibc may not know these by name.
	said("open_tree_attr", syscall(467, -1, "", 0, 0, 0));
	said("statmount", syscall(457, 0, 0, 0, 0));
	said("listmount", syscall(458, 0, 0, 0, 0));
	said("listns", syscall(470, 0, 0, 0, 0));
	said("memfd_secret", syscall(447, ~0U));
	TRY(io_setup, 0, 0);
	TRY(sync);
	TRY(syncfs, -1);
	said("prctl(DUMPABLE, 0)", prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	said("prctl(DUMPABLE, 1)", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	TRY(move_mount, -1, "", -1, "", 0);
	TRY(mount_setattr, -1, "", 0, 0, 0);
	TRY(ptrace, PTRACE_TRACEME, 0, 0, 0);
	TRY(process_vm_readv, getpid(), &iov, 1, &iov, 1, 0);
	TRY(process_vm_writev, getpid(), &iov, 1, &iov, 1, 0);
	TRY(pidfd_getfd, -1, 0, 0);
	TRY(kcmp, getpid(), getpid(), 0, 0, 0);
	TRY(bpf, 0, 0, 0);
	TRY(perf_event_open, 0, 0, -1, -1, 0);
	TRY(userfaultfd, 1);
	TRY(keyctl, 0, -3, 0);
	TRY(add_key, "user", "a", "b", 1, -3);
	TRY(request_key, "user", "a", 0, -3);
	TRY(init_module, 0, 0, "");
	TRY(finit_module, -1, "", 0);
	TRY(delete_module, "none", 0);
	TRY(kexec_load, 0, 0, 0, 0);
	TRY(reboot, 0, 0, 0, 0);
	TRY(swapon, "", 0);
	TRY(clock_settime, 0, 0);
	TRY(settimeofday, 0, 0);
	TRY(clock_adjtime, 0, 0);
	TRY(syslog, 10, 0, 0);
	TRY(open_by_handle_at, -1, 0, 0);
	TRY(name_to_handle_at, -1, "", 0, 0, 0);
	TRY(sethostname, "other", 5);
	TRY(personality, 0xffffffff);
	TRY(fanotify_init, 0, 0);
	TRY(quotactl, 0, 0, 0, 0);
	TRY(acct, 0);
	TRY(fallocate, -1, 0, 0, 0);
	TRY(fsconfig, -1, 0, 0, 0, 0);
	TRY(fsmount, -1, 0, 0);
	TRY(fspick, -1, "", 0);
	TRY(process_madvise, -1, 0, 0, 0, 0);
	TRY(kexec_file_load, -1, -1, 0, "", 0);
	TRY(swapoff, "");
	TRY(adjtimex, 0);
	TRY(quotactl_fd, -1, 0, 0, 0);
	TRY(vhangup);
	TRY(lookup_dcookie, 0, 0, 0);
	TRY(nfsservctl, 0, 0, 0);
	TRY(setdomainname, "other", 5);
	TRY(mbind, 0, 0, 0, 0, 0, 0);
	TRY(move_pages, 0, 0, 0, 0, 0, 0);
	TRY(migrate_pages, 0, 0, 0, 0);
	TRY(set_mempolicy, 0, 0, 0);
#ifdef SYS_modify_ldt
	TRY(ioperm, 0, 0, 0);
	TRY(iopl, 0);
	TRY(modify_ldt, 0, 0, 0);
	TRY(uselib, "");
	TRY(ustat, 0, 0);
	TRY(sysfs, 3);
	TRY(_sysctl, 0);
#endif
	said("clone(NEWUSER)", clone(child, stack + sizeof stack, CLONE_NEWUSER | SIGCHLD, 0));
	said("clone(NEWNET)", clone(child, stack + sizeof stack, CLONE_NEWNET | SIGCHLD, 0));
	said("ioctl(TIOCSTI)", ioctl(0, TIOCSTI, "x"));
	said("ioctl(TIOCLINUX)", ioctl(0, 0x541C, "\x02"));
	// Only the low half of an ioctl's number counts for the kernel: the high half must not hide it.
	said("ioctl(high TIOCSTI)", syscall(SYS_ioctl, 0, 0x100000000UL | TIOCSTI, "x"));
	struct rlimit rl;
	said("prlimit(other)", syscall(SYS_prlimit64, getppid(), RLIMIT_NOFILE, 0, &rl));
	// Families: socket() is asked, and nothing more.
	said("socket(AF_VSOCK)", socket(AF_VSOCK, SOCK_STREAM, 0));
	said("socket(AF_PACKET)", socket(AF_PACKET, SOCK_RAW, 0));
	said("socket(AF_ALG)", socket(38, SOCK_SEQPACKET, 0));
	said("socket(AF_BLUETOOTH)", socket(31, SOCK_RAW, 0));
	said("socket(AF_CAN)", socket(29, SOCK_RAW, 1));
	said("socket(AF_XDP)", socket(44, SOCK_RAW, 0));
	said("socket(AF_KEY)", socket(15, SOCK_RAW, 2));
	said("socket(AF_NETLINK, KOBJECT_UEVENT)", socket(AF_NETLINK, SOCK_RAW, 15));
	said("socket(AF_NETLINK, NETFILTER)", socket(AF_NETLINK, SOCK_RAW, 12));
	said("socket(AF_INET, SOCK_RAW)", socket(AF_INET, SOCK_RAW, 1));
	said("socket(high AF_PACKET)", syscall(SYS_socket, 0x100000000UL | AF_PACKET, SOCK_RAW, 0));
	said("socketpair(AF_TIPC)", socketpair(30, SOCK_STREAM, 0, (int *)&params));
	// These must work.
	said("socket(AF_INET)", socket(AF_INET, SOCK_STREAM, 0));
	said("socket(AF_INET6)", socket(AF_INET6, SOCK_DGRAM, 0));
	said("socket(AF_UNIX)", socket(AF_UNIX, SOCK_STREAM, 0));
	said("socket(AF_NETLINK, ROUTE)", socket(AF_NETLINK, SOCK_RAW, 0));
	pid_t p = fork();
	if (p == 0) _exit(0);
	said("fork", p);
	waitpid(p, 0, 0);
	return 0;
}
