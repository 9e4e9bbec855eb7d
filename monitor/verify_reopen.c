/* verify_reopen.c - the command that opens the monitor where the machines part. */
#include "monitor/kind.h"
#include "monitor/run_options.h"
#include "monitor/shell_word.h"
#include "monitor/verify_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The option's value, where argv[*i] is that option: the next word, which is then passed, or what stands after '='. NULL: it is not. */
static const char *value_of(const char *name, int argc, char **argv, int *i)
{
    const char *word = argv[*i] + strspn(argv[*i], "-");
    const size_t n = strlen(name);
    if (argv[*i][0] != '-' || strncmp(word, name, n) != 0 || (word[n] && word[n] != '='))
        return NULL;
    return word[n] ? word + n + 1 : *i + 1 < argc ? argv[++*i] : "";
}

static void add_command(struct verify_outcome *out, const char *command)
{
    shell_word_add(out->reopen, sizeof out->reopen, "-ex");
    shell_word_add(out->reopen, sizeof out->reopen, command);
}

/* The same guest in the monitor, before the instruction. What is verify's own is left out, or said in the monitor's words:
 *
 *   trapeze verify  --every 1 --from a.ckpt -M pg getmode.pg
 *   trapeze monitor -M pg getmode.pg -ex 'loadvm a.ckpt' -ex 'goto 129'
 *
 * The count goes on from the checkpoint's, so the monitor has to begin there, too. */
void verify_reopen(struct verify_outcome *out, const struct carried_guest *guest, int argc, char **argv)
{
    char command[sizeof out->reopen];
    const char *from = NULL, *value;
    snprintf(out->reopen, sizeof out->reopen, "trapeze monitor");
    for (int i = 0; i < argc; i++) {
        if ((value = value_of("from", argc, argv, &i)))
            from = value;
        else if (!value_of("every", argc, argv, &i) && !value_of("engine", argc, argv, &i) &&
                 (argv[i][0] != '-' || strcmp(argv[i] + strspn(argv[i], "-"), "json") != 0))
            shell_word_add(out->reopen, sizeof out->reopen, argv[i]);
    }
    if (guest && guest != out->options->kind->guests) {
        shell_word_add(out->reopen, sizeof out->reopen, "--guest");
        shell_word_add(out->reopen, sizeof out->reopen, guest->name);
    }
    if (from) {
        snprintf(command, sizeof command, "loadvm %s", from);
        add_command(out, command);
    }
    snprintf(command, sizeof command, "goto %" PRIu64, out->report.retired);
    add_command(out, command);
}
