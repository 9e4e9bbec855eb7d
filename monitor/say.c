/* say.c - what every subcommand says in the same way: failures, and the program's name. */
#include "monitor/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* One line, so that it can be found by a program: "trapeze: " and the sentence. It returns the status for `return
 * complain(...)`. */
int complain(int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "trapeze: ");
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return status;
}

/* Want of memory while options are read is no mistake of the person's. */
int complain_of_options(int result, const struct error *e)
{
    return complain(result == -ENOMEM ? STATUS_FAILURE : STATUS_USAGE, "%s", e->text);
}

const char *program_name(void) { return "trapeze " TRAPEZE_VERSION; }
void print_version(void) { printf("%s\n", program_name()); }
