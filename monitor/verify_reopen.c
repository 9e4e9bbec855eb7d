/* verify_reopen.c - the command that opens the monitor where the machines part. */
#include "monitor/kind.h"
#include "monitor/run_options.h"
#include "monitor/shell_word.h"
#include "monitor/verify_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The same guest in the monitor, before the instruction. What is verify's own is left out. */
void verify_reopen(struct verify_outcome *out, const struct carried_guest *guest, int argc, char **argv)
{
    char command[48];
    snprintf(out->reopen, sizeof out->reopen, "trapeze monitor");
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i] + strspn(argv[i], "-");
        bool option = argv[i][0] == '-';
        if (option && (strcmp(word, "every") == 0 || strcmp(word, "engine") == 0))
            i++;
        else if (!option || (strncmp(word, "every=", 6) != 0 && strncmp(word, "engine=", 7) != 0 && strcmp(word, "json") != 0))
            shell_word_add(out->reopen, sizeof out->reopen, argv[i]);
    }
    if (guest && guest != out->options->kind->guests) {
        shell_word_add(out->reopen, sizeof out->reopen, "--guest");
        shell_word_add(out->reopen, sizeof out->reopen, guest->name);
    }
    snprintf(command, sizeof command, "goto %" PRIu64, out->report.retired);
    shell_word_add(out->reopen, sizeof out->reopen, "-ex");
    shell_word_add(out->reopen, sizeof out->reopen, command);
}
