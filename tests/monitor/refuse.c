/* refuse.c - refuse WHAT COMMAND...: the command on a host that refuses it memory for machine code, as a container's filter or SELinux does.
 * WHAT: memfd (memfd_create is no system call of this host), exec (mmap of a shared file to be executed: EACCES). What the dynamic linker
 * maps is private, and goes through. Status 77: the host has no seccomp filters.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, member))
#define UNLESS(number, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, (skip))
#define UNLESS_BITS(bits, skip) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, (skip))
#define GIVE(what) BPF_STMT(BPF_RET | BPF_K, (what))

int main(int argc, char **argv)
{
    struct sock_filter memfd[] = {LOAD(nr), UNLESS(SYS_memfd_create, 1), GIVE(SECCOMP_RET_ERRNO | ENOSYS), GIVE(SECCOMP_RET_ALLOW)};
    /* The low halves of arguments 2 and 3 are protection and flags; this is for hosts of little-endian words. */
    struct sock_filter exec[] = {LOAD(nr),
                                 UNLESS(SYS_mmap, 5),
                                 LOAD(args[2]),
                                 UNLESS_BITS(PROT_EXEC, 3),
                                 LOAD(args[3]),
                                 UNLESS_BITS(MAP_SHARED, 1),
                                 GIVE(SECCOMP_RET_ERRNO | EACCES),
                                 GIVE(SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof memfd / sizeof *memfd, memfd};
    if (argc < 3)
        return 2;
    if (strcmp(argv[1], "exec") == 0)
        program = (struct sock_fprog){sizeof exec / sizeof *exec, exec};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
        perror("seccomp");
        return 77;
    }
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 126;
}
