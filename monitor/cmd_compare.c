/* cmd_compare.c - `trapeze compare`: the guest of the options bare, and under each monitor that there is for it, as one table.
 *
 * With --html the page is written besides the text, with --json instead of the text one line of data; --no-time leaves out what
 * differs from run to run, so that two outputs can be compared.
 */
#include "monitor/command.h"

#include "monitor/compare/compare.h"
#include "monitor/kind.h"
#include "monitor/outfile.h"
#include "monitor/pipes.h"
#include "monitor/run_setters.h"
#include "monitor/screen.h"
#include "monitor/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct compare_options {
    struct run_options run; /* first */
    struct compare_setup setup;
    bool json, no_time;
    const char *html; /* a file; NULL: no page */
};

static int set_every(void *into, const char *value, struct error *e)
{
    struct compare_options *o = into;
    int r = option_number("--every", value, false, &o->setup.every, e);
    if (r == 0 && o->setup.every == 0)
        r = error_set(e, EINVAL, "the option --every wants 1 or more instructions, not %s: nothing would be compared", value);
    return r;
}

/* That it was said is noted, since the policy alone does not tell: one of them is the default. */
static int set_shadow(void *into, const char *value, struct error *e)
{
    struct compare_setup *setup = &((struct compare_options *)into)->setup;
    setup->shadow_all = strcmp(value, "all") == 0;
    setup->shadow_said = !setup->shadow_all;
    if (setup->shadow_said && run_set_shadow(into, value, e) != 0)
        return error_set(e, EINVAL, "the option --shadow is flush, trace, adapt or all, not '%s'", value);
    return 0;
}

static int set_json(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct compare_options *)into)->json = true;
    return 0;
}

static int set_no_time(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct compare_options *)into)->no_time = true;
    return 0;
}

static int set_html(void *into, const char *value, struct error *e)
{
    (void)e;
    ((struct compare_options *)into)->html = value;
    return 0;
}

/* Options of `run` that have no meaning for several runs are refused by name rather than left without effect. */
static int refuse(void *into, const char *value, struct error *e)
{
    (void)into, (void)value;
    return error_set(e, EINVAL,
                     "compare writes no account, no trace and no signature; trapeze run has --stats, --trace-out and --signature");
}

static int refuse_gdb(void *into, const char *value, struct error *e)
{
    (void)into, (void)value;
    return error_set(e, EINVAL, "compare takes no debugger; trapeze run and trapeze monitor have -gdb, -s and -S");
}

/* The bare machine is the first of the ways; asked for alone it would be `trapeze run --bare`. */
static int refuse_bare(void *into, const char *value, struct error *e)
{
    (void)into, (void)value;
    return error_set(e, EINVAL, "compare runs the guest bare in any case; --bare leaves nothing to compare with");
}

const struct option_desc cmd_compare_options[] = {
    {"json", VALUE_NONE, NULL, set_json, "the table as one line of JSON"},
    {"html", VALUE_NEEDED, "FILE", set_html, "the table as a page: one file that needs no other; - is stdout"},
    {"no-time", VALUE_NONE, NULL, set_no_time, "without the host's time: the same each time"},
    {"every", VALUE_NEEDED, "N", set_every, "in lock step after every N (1 for carried guests and pg, else 100K)"},
    {"vmm", VALUE_NEEDED, "KIND", run_set_vmm, "no other monitor than this"},
    {"shadow", VALUE_NEEDED, "flush|trace|adapt|all", set_shadow, "this policy alone, or each, where there are pages"},
    {"bare", VALUE_NONE, NULL, refuse_bare, NULL},
    {"stats", VALUE_OPTIONAL, "FORM", refuse, NULL},
    {"trace-out", VALUE_NEEDED, "FILE", refuse, NULL},
    {"trace-limit", VALUE_NEEDED, "SIZE", refuse, NULL},
    {"signature", VALUE_NEEDED, "FILE", refuse, NULL},
    {"signature-granularity", VALUE_NEEDED, "N", refuse, NULL},
    {"gdb", VALUE_NEEDED, "DEVICE", refuse_gdb, NULL},
    {"gdb-files", VALUE_NEEDED, "FOLDER", refuse_gdb, NULL},
    {"s", VALUE_NONE, NULL, refuse_gdb, NULL},
    {"S", VALUE_NONE, NULL, refuse_gdb, NULL},
    {0},
};

void cmd_compare_help(void)
{
    options_prose(
        "usage: trapeze compare [-M MACHINE] [OPTION...] [KERNEL]\n\n"
        "Runs the guest on the bare machine, under each monitor that there is for it, and, where the "
        "machine has variants that repair it, on each of them. Of each way one line: does it end as on the bare machine, "
        "where do the two first differ, how often was the monitor entered, how long did it take. Below: who executed how "
        "many instructions, what the monitor did most, and why the first difference is one.\n"
        "The guest has no input but that of --script, and its drives are not written to. Each run ends: after 4G instructions, "
        "if --max-insns says nothing else, and where the guest has waited for a minute of its own time and printed nothing; "
        "a guest that has gone astray is given an eighth more instructions than the bare machine took.\n\n");
    options_help(cmd_compare_options);
    options_prose("\nThe other options are those of `trapeze run -M MACHINE`.\n"
                  "Exit status: 0 the table is complete, whatever it says; 1 failure, 2 bad usage, 128+N ended by signal N.\n");
}

/* The page first: if it cannot be written the table on the screen would look like success. */
static int write_table(const struct compare_options *o, const struct compare *c, struct error *e)
{
    int r = o->html ? outfile_write(o->html, compare_page, c, e) : 0;
    if (r)
        return r;
    if (o->json)
        compare_json(stdout, c);
    else if (!o->html || strcmp(o->html, "-") != 0)
        compare_text(stdout, c);
    if (fflush(stdout) != 0 || ferror(stdout))
        return error_set(e, EIO, "the result cannot be written: %s", strerror(errno));
    return 0;
}

/* A signal ends it without a table: one that is not complete would be read as one that is. */
static int compare_run(struct compare_options *o)
{
    struct compare c;
    struct error e;
    int r = o->html ? outfile_check(o->html, &e) : 0;
    if (r == 0)
        r = pipes_read(&o->run, &e);
    for (unsigned i = 0; i < o->run.drives; i++) /* one machine after the other on one file */
        o->run.drive[i].snapshot |= !o->run.drive[i].readonly;
    o->setup.run = &o->run;
    o->setup.time = !o->no_time;
    if (r == 0 && (r = compare_measure(&c, &o->setup, &e)) == 0) {
        const bool interrupted = c.interrupted;
        r = interrupted ? 0 : write_table(o, &c, &e);
        compare_free(&c);
        if (interrupted)
            terminal_die(terminal_signal());
    }
    if (r)
        pipes_tell(&o->run, &e);
    return r ? complain(STATUS_FAILURE, "%s", e.text) : STATUS_OK;
}

/* Two documents in one stream would be neither. */
static int check_outputs(const struct compare_options *o, struct error *e)
{
    if (o->json && o->html && strcmp(o->html, "-") == 0)
        return error_set(e, EINVAL, "the page and the data cannot both go to stdout");
    return 0;
}

int cmd_compare(int argc, char **argv)
{
    struct compare_options *o = calloc(1, sizeof *o);
    struct error e;
    int status = STATUS_OK, r;
    if (!o)
        return complain(STATUS_FAILURE, "there is not enough memory");
    if ((r = run_options_parse_with(&o->run, cmd_compare_options, argc, argv, &e)) != 0 || (r = check_outputs(o, &e)) != 0)
        status = complain_of_options(r, &e);
    else if (o->run.help)
        cmd_compare_help();
    else if (o->run.version)
        print_version();
    else
        status = compare_run(o);
    run_options_free(&o->run);
    free(o);
    return status;
}
