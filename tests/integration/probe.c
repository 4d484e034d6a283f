/* The program inside the test image: it looks at its container from within and says what it finds. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "args")) {
        for (int i = 2; i < argc; i++) puts(argv[i]);
        return 0;
    }
    if (!strcmp(what, "exit")) return atoi(argv[2]);
    if (!strcmp(what, "cat")) return print_file(argv[2]);
    if (!strcmp(what, "write")) return write_file(argv[2]);
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
