/* cmd_doctor.c - `trapeze doctor`: what is installed, what is missing for what, and the package to install.
 *
 * A line of its output, and the same in JSON:
 *
 *     note   terminal: input or output is no terminal here: demonstrations are printed, nothing asks
 *     {"name": "terminal", "state": "note", "text": "input or output is ...", "package": null}
 *
 * The looks are in monitor/doctor/; each adds lines to a struct doctor. Only a fault makes the status 1: a note is about what could be
 * installed, and a machine without it is in order.
 */
#include "monitor/command.h"

#include "monitor/doctor/doctor.h"
#include "monitor/fold.h"
#include "monitor/json.h"
#include "monitor/options.h"
#include "monitor/screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { DOCTOR_SCHEMA = 1 };

struct doctor_options {
    bool json, help;
};

static int set_json(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct doctor_options *)into)->json = true;
    return 0;
}

static int set_help(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct doctor_options *)into)->help = true;
    return 0;
}

const struct option_desc cmd_doctor_options[] = {
    {"json", VALUE_NONE, NULL, set_json, "one JSON object"},
    {"help", VALUE_NONE, NULL, set_help, "this help"},
    {"h", VALUE_NONE, NULL, set_help, NULL},
    {0},
};

void cmd_doctor_help(void)
{
    options_prose("usage: trapeze doctor [--json]\n\n"
                  "Looks at what trapeze is made of and what it finds here, and says what is missing for what, and which package\n"
                  "of Debian has it. It runs the guests that came with it. It changes nothing.\n\n");
    options_help(cmd_doctor_options);
    options_prose("\nExit status: 0 all that belongs to trapeze works, and 'note' says what more would be possible; 1 a line begins\n"
                  "with 'FAULT'; 2 bad usage. The manual page trapeze-doctor(1) lists what is looked at.\n");
}

static int no_words(void *into, const char *word, struct error *e)
{
    (void)into;
    return error_set(e, EINVAL, "doctor takes no '%s'", word);
}

static unsigned count(const struct doctor *d, enum doctor_state state)
{
    unsigned n = 0;
    for (unsigned i = 0; i < d->lines; i++)
        n += d->line[i].state == state;
    return n;
}

static void print_json(const struct doctor *d)
{
    static const char *const state[] = {"ok", "note", "fault"};
    struct json j;
    json_open(&j, stdout);
    json_object(&j, NULL);
    json_uint(&j, "schema", DOCTOR_SCHEMA);
    json_string(&j, "program", program_name());
    json_bool(&j, "fit", !count(d, DOCTOR_FAULT));
    json_array(&j, "checks");
    for (unsigned i = 0; i < d->lines; i++) {
        json_object(&j, NULL);
        json_string(&j, "name", d->line[i].name);
        json_string(&j, "state", state[d->line[i].state]);
        json_string(&j, "text", d->line[i].text);
        json_string(&j, "package", d->line[i].package);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
}

/* The word in front has five columns for all states, so that the names stand below one another. */
static void print_text(const struct doctor *d)
{
    static const char *const word[] = {"ok", "note", "FAULT"};
    const unsigned width = screen_columns(), faults = count(d, DOCTOR_FAULT);
    for (unsigned i = 0; i < d->lines; i++) {
        const struct doctor_line *l = &d->line[i];
        char row[sizeof l->text + 120];
        snprintf(row, sizeof row, "%-5s  %s: %s%s%s", word[l->state], l->name, l->text, l->package ? "; package " : "",
                 l->package ? l->package : "");
        fold_print(stdout, width, row);
    }
    char sum[120];
    if (faults)
        snprintf(sum, sizeof sum, "%u of what belongs to trapeze %s not work.", faults, faults == 1 ? "does" : "do");
    else
        snprintf(sum, sizeof sum, "All that belongs to trapeze works.");
    fold_print(stdout, width, sum);
}

/* The struct holds all lines and is large, so it is not on the stack. The order is that of weight: what belongs to trapeze
 * itself comes first, what other programs would add comes last. */
int cmd_doctor(int argc, char **argv)
{
    struct doctor_options o = {0};
    struct error e;
    int r = options_parse(cmd_doctor_options, argc, argv, no_words, &o, &e);
    if (r)
        return complain_of_options(r, &e);
    if (o.help) {
        cmd_doctor_help();
        return STATUS_OK;
    }
    struct doctor *d = calloc(1, sizeof *d);
    if (!d)
        return complain(STATUS_FAILURE, "there is not enough memory");
    doctor_look_at_examples(d);
    doctor_look_at_folders(d);
    doctor_look_at_linux(d);
    doctor_look_at_terminal(d);
    doctor_look_at_parts(d);
    doctor_look_at_programs(d);
    if (o.json)
        print_json(d);
    else
        print_text(d);
    int status = count(d, DOCTOR_FAULT) ? STATUS_FAILURE : STATUS_OK;
    free(d);
    return status;
}
