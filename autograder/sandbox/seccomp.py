"""The system calls that a student process has no use for, as a filter for the kernel."""

from __future__ import annotations

import errno
import fcntl
import functools
import signal
import tempfile

REFUSED = (
    "mount umount2 pivot_root chroot unshare setns move_mount open_tree fsopen fsmount fsconfig fspick mount_setattr "
    "ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise "
    "bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register "
    "add_key request_key keyctl memfd_create memfd_secret shmget msgget semget mq_open "
    "init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct quotactl "
    "open_by_handle_at name_to_handle_at personality lookup_dcookie nfsservctl vhangup modify_ldt iopl ioperm "
    "settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname syslog mknod mknodat fanotify_init "
    # Who stands back behind everybody else, or crowds onto one processor, would make the machine look too busy to grade.
    "setpriority sched_setscheduler sched_setparam sched_setattr sched_setaffinity ioprio_set "
    # The kernel keeps what these leave with it in nobody's account, or works for everybody on the machine.
    "setxattr lsetxattr fsetxattr setxattrat landlock_create_ruleset landlock_add_rule landlock_restrict_self "
    "io_setup io_submit sync syncfs"
).split()
# Of parts of a file: each takes memory that nobody is charged for. Of whole files (flock) a process has as many as open files.
LOCKS = (fcntl.F_SETLK, fcntl.F_SETLKW, 37, 38)  # the last two: of an open file
NEW_NAMESPACES = (0x00000080, 0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
# A network namespace does not hold sockets to the host of a virtual machine, and others.
SOCKETS = (1, 2, 10)  # unix, inet, inet6


@functools.cache
def program() -> bytes:
    """The filter as BPF: the calls above fail with EPERM, everything else is allowed. Raises ImportError without libseccomp."""
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise ImportError(f"system-call filter: {error}; install pyseccomp and libseccomp2") from None
    rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
    for name in REFUSED:
        try:
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
        except (OSError, RuntimeError, ValueError):
            continue  # a call that this processor or this libseccomp does not know
    # glibc falls back to clone, whose flags a filter can see.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    for flag in NEW_NAMESPACES:
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    for request in (TIOCSTI, TIOCLINUX):
        rules.add_rule(
            pyseccomp.ERRNO(errno.EPERM), "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request)
        )
    for command in LOCKS:
        rules.add_rule(
            pyseccomp.ERRNO(errno.ENOLCK), "fcntl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, command)
        )
    # Children of a process that ignores this signal vanish with the time that they have used.
    child, changed = (
        pyseccomp.Arg(0, pyseccomp.MASKED_EQ, 0xFFFFFFFF, signal.SIGCHLD),
        pyseccomp.Arg(1, pyseccomp.NE, 0),
    )
    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "rt_sigaction", child, changed)
    for call in ("socket", "socketpair"):
        for family in set(range(max(SOCKETS))) - set(SOCKETS):
            rules.add_rule(pyseccomp.ERRNO(errno.EAFNOSUPPORT), call, pyseccomp.Arg(0, pyseccomp.EQ, family))
        rules.add_rule(pyseccomp.ERRNO(errno.EAFNOSUPPORT), call, pyseccomp.Arg(0, pyseccomp.GT, max(SOCKETS)))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
