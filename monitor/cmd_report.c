/* cmd_report.c - `trapeze report`: what classify and prove find out about an instruction set, as a page to look at and as data.
 *
 * What happens, in an order by which nothing is lost:
 *
 *     options and names are checked (2) --> each FILE could be written (1) --> measured, which takes a minute or more
 *     --> each FILE is written whole, and then takes its name; of several, those before one that fails are in their places
 *     --> a sentence on stderr says which are written
 */
#include "monitor/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "monitor/compare/compare.h"
#include "monitor/kind.h"
#include "monitor/options.h"
#include "monitor/outfile.h"
#include "monitor/report/report.h"
#include "monitor/theory_text.h"

struct report_command {
    const char *isa;
    const char *html, *json, *csv; /* files; NULL: not wanted */
    uint64_t seed, states;
    unsigned jobs, ring;
    bool help, compares;
    const char *kernel; /* to compare; NULL: the one that is carried */
};

/* Twice the same option is a mistake in a script more often than an intention. */
static int set_file(const char **file, const char *value, const char *option, struct error *e)
{
    if (*file)
        return error_set(e, EINVAL, "the option %s is given twice: %s and %s", option, *file, value);
    *file = value;
    return 0;
}

static int set_html(void *into, const char *value, struct error *e)
{
    return set_file(&((struct report_command *)into)->html, value, "--html", e);
}

static int set_json(void *into, const char *value, struct error *e)
{
    return set_file(&((struct report_command *)into)->json, value, "--json", e);
}

static int set_csv(void *into, const char *value, struct error *e)
{
    return set_file(&((struct report_command *)into)->csv, value, "--csv", e);
}

static int set_seed(void *into, const char *value, struct error *e)
{
    return option_number("--seed", value, false, &((struct report_command *)into)->seed, e);
}

static int set_states(void *into, const char *value, struct error *e)
{
    return theory_option_states(value, &((struct report_command *)into)->states, e);
}

static int set_ring(void *into, const char *value, struct error *e)
{
    return theory_option_ring(value, &((struct report_command *)into)->ring, e);
}

static int set_jobs(void *into, const char *value, struct error *e)
{
    return theory_option_jobs(value, &((struct report_command *)into)->jobs, e);
}

static int set_compare(void *into, const char *value, struct error *e)
{
    struct report_command *c = into;
    (void)e;
    c->compares = true;
    c->kernel = value;
    return 0;
}

static int set_help(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct report_command *)into)->help = true;
    return 0;
}

const struct option_desc cmd_report_options[] = {
    {"html", VALUE_NEEDED, "FILE", set_html, "the page: one file that needs no other; - is stdout"},
    {"json", VALUE_NEEDED, "FILE", set_json, "the same as data, one JSON object; - is stdout"},
    {"csv", VALUE_NEEDED, "FILE", set_csv, "a table of all findings, comma-separated values; - is stdout"},
    {"compare", VALUE_OPTIONAL, "KERNEL", set_compare,
     "on the page, too: this kernel, or the carried one, bare and under each monitor (trapeze compare)"},
    {"o", VALUE_NEEDED, "FILE", set_html, NULL},
    {"seed", VALUE_NEEDED, "N", set_seed, "which random states, where they are sampled; default 1"},
    {"states", VALUE_NEEDED, "N", set_states, "how many of them to a subject"},
    {"ring", VALUE_NEEDED, "3|1", set_ring, THEORY_RING_ABOUT},
    {"jobs", VALUE_NEEDED, "N", set_jobs, THEORY_JOBS_ABOUT},
    {"help", VALUE_NONE, NULL, set_help, NULL},
    {"h", VALUE_NONE, NULL, set_help, NULL},
    {NULL, VALUE_NONE, NULL, NULL, NULL},
};

void cmd_report_help(void)
{
    options_prose("usage: trapeze report ISA[:VARIANT] --html FILE [OPTION...]\n\n"
                  "Writes one page with everything that `trapeze classify` and `trapeze prove` find out about an\n"
                  "instruction set: the verdicts, the sets, every finding with its witnesses, and what each pin of the\n"
                  "configuration K guards.\n"
                  "--json and --csv write the same as data, with or without the page.\n"
                  "A FILE that exists is replaced once the new one is complete; at the end stderr says which are written.\n\n"
                  "ISA[:VARIANT]; an ISA with variants and none named: all of them on one page\n");
    theory_list(stdout);
    printf("\noptions\n");
    options_help(cmd_report_options);
}

static int word_set(void *into, const char *value, struct error *e)
{
    struct report_command *c = into;
    if (c->isa)
        return error_set(e, EINVAL, "report takes one instruction set, not both %s and %s", c->isa, value);
    c->isa = value;
    return 0;
}

/* Two outputs in one file would leave the second; in stdout they would be neither HTML nor JSON. */
static int check_different(const char *a, const char *what_a, const char *b, const char *what_b, struct error *e)
{
    if (!a || !b || strcmp(a, b) != 0)
        return 0;
    return error_set(e, EINVAL, "%s and %s cannot both go to %s", what_a, what_b, strcmp(a, "-") == 0 ? "stdout" : a);
}

/* Bad usage, in the order in which a person would mend it: which instruction set, which file, which two are the same. */
static int choose(const struct report_command *c, struct theory_choice *choice, struct error *e)
{
    unsigned ring;
    int r = c->isa ? theory_choose(c->isa, choice, e)
                   : error_set(e, EINVAL, "report wants an instruction set, as in: trapeze report riscv --html riscv.html");
    if (r == 0 && !c->html && !c->json && !c->csv)
        r = error_set(e, EINVAL, "report wants a file to write to, as in: trapeze report %s --html %s.html", c->isa,
                      choice->theory->isa);
    if (r == 0 && c->compares && !c->html)
        r = error_set(e, EINVAL, "--compare is a part of the page: --html FILE");
    if (r == 0)
        r = check_different(c->html, "the page", c->json, "the data", e);
    if (r == 0)
        r = check_different(c->html, "the page", c->csv, "the table", e);
    if (r == 0)
        r = check_different(c->json, "the data", c->csv, "the table", e);
    return r ? r : theory_choose_ring(choice, c->ring, &ring, e);
}

/* Before the measurement: to find out afterwards that the folder is not there would be a waste of it. */
static int check_files(const struct report_command *c, struct error *e)
{
    const char *const file[] = {c->html, c->json, c->csv};
    int r = 0;
    for (unsigned n = 0; n < sizeof file / sizeof *file && r == 0; n++)
        r = file[n] ? outfile_check(file[n], e) : 0;
    return r;
}

/* The three have the form that outfile_write() wants. */
static int data_write(FILE *f, const void *report, struct error *e)
{
    const int r = report_json(f, report);
    return r ? error_set(e, -r, "the data cannot be made: out of memory") : 0;
}

static int table_write(FILE *f, const void *report, struct error *e)
{
    (void)e;
    report_csv(f, report);
    return 0;
}

static int page_write(FILE *f, const void *report, struct error *e)
{
    const int r = report_page(f, report);
    return r ? error_set(e, -r, "the page cannot be made: out of memory") : 0;
}

/* The page first: it is what most runs are for. */
static int write_files(const struct report_command *c, const struct report *r, struct error *e)
{
    int error = c->html ? outfile_write(c->html, page_write, r, e) : 0;
    if (!error && c->json)
        error = outfile_write(c->json, data_write, r, e);
    return error || !c->csv ? error : outfile_write(c->csv, table_write, r, e);
}

/* "page.html (1.2 MB) and table.csv (80 kB) are written". What went to stdout is not told of. */
static void say_written(const struct report_command *c)
{
    const char *const file[] = {c->html, c->json, c->csv}, *named[3];
    unsigned count = 0;
    for (unsigned n = 0; n < 3; n++)
        if (file[n] && strcmp(file[n], "-") != 0)
            named[count++] = file[n];
    for (unsigned n = 0; n < count; n++) {
        struct stat s;
        fprintf(stderr, "%s%s", n == 0 ? "" : n + 1 == count ? " and " : ", ", named[n]);
        if (stat(named[n], &s) == 0 && S_ISREG(s.st_mode))
            fprintf(stderr, s.st_size < 1000000 ? " (%.0f kB)" : " (%.1f MB)", (double)s.st_size / (s.st_size < 1000000 ? 1e3 : 1e6));
    }
    if (count)
        fprintf(stderr, " %s written\n", count == 1 ? "is" : "are");
}

/* The kernel that is to be compared, on the machine of that instruction set. */
static int compare_options(struct run_options *o, const struct report_command *c, const struct theory_choice *choice, struct error *e)
{
    char machine[96], option[] = "-M", end[] = "--", kernel[4096] = "";
    char *words[] = {option, machine, end, kernel};
    const struct kind *k;
    unsigned n = 0;
    while ((k = kind_at(n)) && strcmp(k->isa->name, choice->theory->isa) != 0)
        n++;
    if (!k)
        return error_set(e, EINVAL, "there is no machine of the instruction set %s to compare a kernel on", choice->theory->isa);
    snprintf(machine, sizeof machine, "%s%s%s", k->machine, choice->variant ? ":" : "", choice->variant ? choice->variant : "");
    snprintf(kernel, sizeof kernel, "%s", c->kernel ? c->kernel : "");
    return run_options_parse(o, c->kernel ? 4 : 2, words, e);
}

/* Everything, and what was to be compared with it. */
static int make(const struct report_command *c, const struct theory_choice *choice, struct run_options *o, struct error *e)
{
    struct report report;
    struct compare compare = {0};
    int r = c->compares ? compare_measure(&compare, &(struct compare_setup){.run = o, .time = true}, e) : 0;
    if (r)
        return r;
    r = compare.interrupted ? error_set(e, EINTR, "a signal ended it") : 0;
    if (r == 0)
        r = report_measure(&report, choice->theory,
                           &(struct classify_options){.variant = choice->variant,
                                                      .seed = c->seed,
                                                      .states = (unsigned)c->states,
                                                      .ring = c->ring == 1,
                                                      .jobs = c->jobs,
                                                      .told = theory_progress()},
                           e);
    if (r == 0) {
        report.compare = c->compares ? &compare : NULL;
        r = write_files(c, &report, e);
        report_free(&report);
    }
    compare_free(&compare);
    return r;
}

int cmd_report(int argc, char **argv)
{
    struct report_command c = {.seed = THEORY_SEED};
    struct theory_choice choice = {0};
    struct run_options o = {0};
    struct error e;
    int r = options_parse(cmd_report_options, argc, argv, word_set, &c, &e);
    if (r == 0 && c.help) {
        cmd_report_help();
        return STATUS_OK;
    }
    if (r || choose(&c, &choice, &e) || (c.compares && compare_options(&o, &c, &choice, &e))) {
        run_options_free(&o);
        return complain_of_options(r, &e);
    }
    r = check_files(&c, &e);
    if (r == 0)
        r = make(&c, &choice, &o, &e);
    run_options_free(&o);
    if (r == 0)
        say_written(&c);
    return r ? complain(STATUS_FAILURE, "%s", e.text) : STATUS_OK;
}
