/* The program inside the test image: it looks at its container from within and says what it finds. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int print_file(const char *path) {
    char line[4096];
    FILE *file = fopen(path, "r");
    if (!file) { perror(path); return 1; }
    while (fgets(line, sizeof line, file)) fputs(line, stdout);
    return 0;
}

static int write_file(const char *path) {
    FILE *file = fopen(path, "w");
    if (!file) { perror(path); return 1; }
    fputs("written\n", file);
    return fclose(file) ? 1 : 0;
}

static int fork_many(int wanted) {
    int made = 0;
    while (made < wanted) {
        pid_t child = fork();
        if (child < 0) break;
        if (child == 0) { pause(); _exit(0); }
        made++;
    }
    printf("%d\n", made);
    return 0; /* the end of process 1 ends the children */
}

/* Open for reading and writing, and change nothing: 0 where a write would be possible. */
static int can_write(const char *path) {
    int file = open(path, O_RDWR);
    if (file < 0) { perror(path); return 1; }
    return 0;
}

static int refused(long answer) {
    return answer < 0 && (errno == EPERM || errno == ENOSYS || errno == EACCES || errno == EINVAL || errno == EBADF);
}

static int denied(long answer) { return answer < 0 && (errno == EPERM || errno == ENOSYS || errno == EACCES); }

static int cannot_open(const char *path, int how) {
    int file = open(path, how, 0644);
    if (file >= 0) close(file);
    return file < 0;
}

static int root_is_read_only(void) {
    return cannot_open("/new", O_CREAT | O_WRONLY) && cannot_open("/bin/probe", O_WRONLY) &&
           cannot_open("/etc/new", O_CREAT | O_WRONLY) && cannot_open("/home/nonroot/new", O_CREAT | O_WRONLY);
}

static int devices_are_read_only(void) { return cannot_open("/dev/new", O_CREAT | O_WRONLY); }

static int kernel_is_read_only(void) {
    return cannot_open("/proc/sys/kernel/core_pattern", O_RDWR) && cannot_open("/proc/sysrq-trigger", O_RDWR) &&
           cannot_open("/proc/sys/vm/drop_caches", O_RDWR) && cannot_open("/sys/kernel/uevent_helper", O_RDWR);
}

static int memory_is_hidden(void) { return cannot_open("/proc/kcore", O_RDWR) && cannot_open("/dev/mem", O_RDWR); }

/* Whoever sees only itself finds two numbers at most, and no thread of the kernel. */
static int no_host_process(void) {
    DIR *processes = opendir("/proc");
    int found = 0;
    for (struct dirent *one; processes && (one = readdir(processes));) found += one->d_name[0] > '0' && one->d_name[0] <= '9';
    if (processes) closedir(processes);
    return found > 0 && found <= 3 && kill(-1, 0) <= 0;
}

static int no_network(void) {
    char line[512];
    int others = 0;
    FILE *file = fopen("/proc/net/dev", "r");
    for (int number = 0; file && fgets(line, sizeof line, file); number++) {
        char *name = line + strspn(line, " ");
        others += number > 1 && strncmp(name, "lo:", 3);
    }
    if (file) fclose(file);
    struct sockaddr_in far = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr = {htonl(0xC0000201)}};
    int one = socket(AF_INET, SOCK_DGRAM, 0);
    return file && !others && connect(one, (struct sockaddr *)&far, sizeof far) < 0;
}

static int no_raw_socket(void) { return refused(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)) && socket(AF_PACKET, SOCK_RAW, 0) < 0; }

static int no_capability(void) {
    char line[512];
    int seen = 0, some = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, "Cap", 3)) seen++, some |= strtoull(line + 8, NULL, 16) != 0;
    if (file) fclose(file);
    return seen >= 4 && !some;
}

static int no_new_privileges(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1; }
static int no_user_namespace(void) { return refused(syscall(SYS_unshare, CLONE_NEWUSER)); }
static int no_mount(void) { return refused(syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, 0)) && refused(syscall(SYS_setns, 0, 0)); }
static int no_io_uring(void) { return denied(syscall(425, 1, 0)); }
static int no_device(void) { return denied(mknod("/out/device", S_IFBLK | 0666, makedev(1, 1))); }
static int no_terminal_input(void) { return ioctl(0, TIOCSTI, "x") != 0; }

static int no_keyring(void) {
    return denied(syscall(SYS_keyctl, 0, -3, 0)) && denied(syscall(SYS_add_key, "user", "x", "y", 1, -3)) &&
           denied(syscall(SYS_request_key, "user", "x", 0, -3));
}

static int no_kernel_door(void) {
    return refused(syscall(SYS_bpf, 0, 0, 0)) && refused(syscall(SYS_perf_event_open, 0, 0, -1, -1, 0)) &&
           refused(syscall(SYS_init_module, 0, 0, 0)) && refused(syscall(SYS_kexec_load, 0, 0, 0, 0)) &&
           refused(syscall(SYS_userfaultfd, 0));
}

/* Process 1 may be ourselves; a child is somebody whom the kernel alone would let us look into. */
static int no_ptrace(void) {
    pid_t child = fork();
    if (child == 0) { pause(); _exit(0); }
    int held = denied(ptrace(PTRACE_ATTACH, child, 0, 0));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return held;
}

static int no_host_variable(void) {
    for (char **entry = environ; *entry; entry++)
        if (strstr(*entry, "SECRET")) return 0;
    return 1;
}

static int no_setuid_bit(void) {
    int file = open("/out/program", O_CREAT | O_WRONLY, 0755);
    struct stat status = {0};
    if (file < 0) return 0;
    fchmod(file, 04755);
    fstat(file, &status);
    int other = open("/out/other", O_CREAT | O_WRONLY, 06755);
    struct stat made = {0};
    if (other >= 0) fstat(other, &made);
    return !((status.st_mode | made.st_mode) & 06000);
}

static int memory_files_are_bounded(void) {
    static char block[1 << 20];
    int held = 1;
    for (int i = 0; i < 2; i++) {
        int file = open(i ? "/dev/shm/fill" : "/tmp/fill", O_CREAT | O_WRONLY, 0644), written = 0;
        while (written < 300 && write(file, block, sizeof block) == sizeof block) written++;
        held &= written > 0 && written <= 64;
        unlink(i ? "/dev/shm/fill" : "/tmp/fill");
    }
    return held;
}

static int processes_are_bounded(void) {
    pid_t child = fork(); /* a family of its own, which is killed as one */
    if (child == 0) {
        setpgid(0, 0);
        int made = 0;
        while (made < 200) {
            pid_t one = fork();
            if (one < 0) break;
            if (one == 0) { pause(); _exit(0); }
            made++;
        }
        signal(SIGTERM, SIG_IGN);
        kill(0, SIGTERM);
        while (wait(NULL) > 0) { }
        _exit(made < 100 ? 0 : 1);
    }
    int status = 1;
    waitpid(child, &status, 0);
    return status == 0;
}

/* Try one by one what no container may do, and say of each whether it was held: the run's limits are 128 MiB, 64
   processes, and the output is /out. */
static int audit(void) {
    static const struct { const char *promise; int (*held)(void); } promises[] = {
        {"the root file system cannot be written", root_is_read_only},
        {"/dev cannot be written", devices_are_read_only},
        {"the kernel's settings cannot be changed", kernel_is_read_only},
        {"the machine's memory cannot be read", memory_is_hidden},
        {"no process of the host is seen or signalled", no_host_process},
        {"no network but loopback", no_network},
        {"no raw socket", no_raw_socket},
        {"no capability, nor one to gain", no_capability},
        {"no new privileges", no_new_privileges},
        {"no user namespace", no_user_namespace},
        {"no mount, no other namespace", no_mount},
        {"no keyring", no_keyring},
        {"no input pushed into a terminal (TIOCSTI)", no_terminal_input},
        {"no look into another process (ptrace)", no_ptrace},
        {"no io_uring", no_io_uring},
        {"no bpf, perf, kernel module, kexec, userfaultfd", no_kernel_door},
        {"no device node in what is left behind", no_device},
        {"no variable of the host", no_host_variable},
        {"no setuid bit on what is left behind", no_setuid_bit},
        {"files in memory count as memory", memory_files_are_bounded},
        {"the number of processes is limited", processes_are_bounded},
    };
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++) {
        printf("%s\t%s\n", promises[i].held() ? "held" : "BROKEN", promises[i].promise);
        fflush(stdout);
    }
    return 0;
}

static void end_in_order(int signal) { (void)signal; puts("ended in order"); fflush(stdout); _exit(7); }

/* Processes that together want more memory than each alone: how many of them live with theirs. */
static int hog(int processes, size_t size) {
    for (int i = 0; i < processes; i++) {
        int pipes[2];
        char done = 0;
        if (pipe(pipes)) return 1;
        if (fork() == 0) {
            volatile char *memory = malloc(size << 20); /* volatile: what nobody reads would not be written */
            for (size_t at = 0; memory && at < size << 20; at += 4096) memory[at] = 1;
            if (memory && write(pipes[1], "1", 1) == 1) pause();
            _exit(0);
        }
        close(pipes[1]);
        if (read(pipes[0], &done, 1) != 1) break;
    }
    sleep(1); /* who is killed must have the time to die */
    for (; processes && waitpid(-1, NULL, WNOHANG) > 0; processes--) { }
    printf("%d\n", processes);
    return 0;
}

/* Answer each connection's first line with a greeting. */
static int serve(int port) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {INADDR_ANY}};
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server, (struct sockaddr *)&here, sizeof here) || listen(server, 16)) { perror("listen"); return 1; }
    puts("listening");
    fflush(stdout);
    for (;;) {
        int client = accept(server, NULL, NULL);
        char line[256] = "hello ";
        ssize_t read_ = read(client, line + 6, sizeof line - 7);
        if (read_ > 0 && write(client, line, 6 + read_) < 0) perror("write");
        close(client);
    }
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "args")) {
        for (int i = 2; i < argc; i++) puts(argv[i]);
        return 0;
    }
    if (!strcmp(what, "exit")) return atoi(argv[2]);
    if (!strcmp(what, "cat")) return print_file(argv[2]);
    if (!strcmp(what, "write")) return write_file(argv[2]);
    if (!strcmp(what, "can-write")) return can_write(argv[2]);
    if (!strcmp(what, "audit")) return audit();
    if (!strcmp(what, "serve")) return serve(atoi(argv[2]));
    if (!strcmp(what, "hog")) return hog(atoi(argv[2]), atoi(argv[3]));
    if (!strcmp(what, "in-order")) { signal(SIGTERM, end_in_order); puts("asleep"); fflush(stdout); sleep(atoi(argv[2])); return 0; }
    if (!strcmp(what, "deaf")) { signal(SIGTERM, SIG_IGN); puts("asleep"); fflush(stdout); sleep(atoi(argv[2])); return 0; }
    if (!strcmp(what, "files")) { struct rlimit limit; getrlimit(RLIMIT_NOFILE, &limit); printf("%d:%d\n", (int)limit.rlim_cur, (int)limit.rlim_max); return 0; }
    if (!strcmp(what, "fork")) return fork_many(atoi(argv[2]));
    if (!strcmp(what, "exists")) return access(argv[2], F_OK) ? 1 : 0;
    if (!strcmp(what, "id")) { printf("%d:%d\n", (int)getuid(), (int)getgid()); return 0; }
    if (!strcmp(what, "env")) {
        for (char **entry = environ; *entry; entry++) puts(*entry);
        return 0;
    }
    if (!strcmp(what, "cwd")) { char path[4096]; puts(getcwd(path, sizeof path)); return 0; }
    if (!strcmp(what, "stdin")) {
        char line[4096];
        while (fgets(line, sizeof line, stdin)) fputs(line, stdout);
        return 0;
    }
    if (!strcmp(what, "sleep")) { puts("asleep"); fflush(stdout); sleep(atoi(argv[2])); return 0; }
    fprintf(stderr, "probe: unknown request %s\n", what);
    return 99;
}
