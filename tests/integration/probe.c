/* The program inside the test image: it looks at its container from within and says what it finds. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

/* Try what no container may do; a line for each attempt that the kernel let through. */
static int attacks(void) {
    static const long calls[][2] = {
        {SYS_keyctl, 0}, {SYS_add_key, 0}, {SYS_request_key, 0}, {425 /* io_uring_setup */, 1},
        {SYS_unshare, 0x10000000 /* CLONE_NEWUSER */}, {SYS_mount, 0}, {SYS_setns, 0}, {SYS_bpf, 0},
        {SYS_perf_event_open, 0}, {SYS_init_module, 0}, {SYS_kexec_load, 0}, {SYS_userfaultfd, 0},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        long done = syscall(calls[i][0], calls[i][1], 0, 0, 0, 0);
        if (done >= 0 || (errno != EPERM && errno != ENOSYS && errno != EACCES))
            printf("system call %ld: %s\n", calls[i][0], done >= 0 ? "done" : strerror(errno));
    }
    if (isatty(0) && ioctl(0, TIOCSTI, "x") == 0) puts("TIOCSTI: done");
    return 0;
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
    if (!strcmp(what, "attacks")) return attacks();
    if (!strcmp(what, "setuid")) {
        int file = open(argv[2], O_CREAT | O_WRONLY, 0755);
        if (file < 0 || fchmod(file, 04755)) { perror(argv[2]); return 1; }
        return 0;
    }
    if (!strcmp(what, "fill")) { /* how many MiB a file can hold before there is no room */
        static char block[1 << 20];
        int file = open(argv[2], O_CREAT | O_WRONLY, 0644), written = 0;
        memset(block, 1, sizeof block);
        while (written < atoi(argv[3]) && write(file, block, sizeof block) == sizeof block) written++;
        printf("%d\n", written);
        return 0;
    }
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
