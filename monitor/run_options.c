/* run_options.c - what `trapeze run` was told: options of the machine's kind, which comes first, and what must go together.
 *
 * The order matters: which table of options there is depends on the machine, which is itself an option.
 *
 *     1. run_options_kind()   looks for -M among all words
 *     2. kind->defaults()     fills `own`
 *     3. options_parse()      with the command's table before the kind's, word for word
 *     4. check(), kind->check()   what must go together
 *     5. defaults of what was not said: depth 1, a signature's granularity, the trace's limit
 */
#include "monitor/run_options.h"

#include "monitor/kind.h"
#include "monitor/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Which table of options it is depends on the machine, so that comes first: -M anywhere before "--". The first that is not the usual one;
 * what is no machine at all is said when its turn comes. */
const struct kind *run_options_kind(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (argv[i][0] != '-')
            continue;
        const char *word = argv[i] + 1 + (argv[i][1] == '-');
        size_t name = strcspn(word, "=");
        if (strncmp(word, "M", name) != 0 && strncmp(word, "machine", name) != 0)
            continue;
        const char *value = word[name] ? word + name + 1 : i + 1 < argc ? argv[i + 1] : "";
        const struct kind *kind = name ? kind_find(value) : NULL;
        if (kind && kind != kind_at(0))
            return kind;
    }
    return kind_at(0);
}

/* Each sentence names both options: one alone is not wrong. */
static int check(const struct run_options *o, struct error *e)
{
    if (o->bare && o->depth)
        return error_set(e, EINVAL, "--bare and --depth exclude each other");
    if (o->bare && o->vmm_said)
        return error_set(e, EINVAL, "--bare and --vmm exclude each other");
    if (o->bare && o->trace_file)
        return error_set(e, EINVAL, "--bare and --trace-out exclude each other: a trace shows the exits of virtual machines");
    if (!o->bare && !vmm_is_for(o->kind->isa))
        return error_set(e, EINVAL,
                         "there is no virtual machine monitor for the instruction set %s; its bare machine runs with --bare",
                         o->kind->isa->name);
    if (o->trace_file && strcmp(o->trace_file, "-") == 0)
        return error_set(e, EINVAL, "--trace-out wants a file, not '-': stdout is the guest's console");
    if (o->trace_limit && !o->trace_file)
        return error_set(e, EINVAL, "--trace-limit needs --trace-out FILE");
    if (o->hold && !o->gdb)
        return error_set(e, EINVAL, "-S waits for a debugger, and none can come in: -s or -gdb DEVICE lets it");
    if (o->gdb_files && !o->gdb)
        return error_set(e, EINVAL, "-gdb-files is for a debugger, and none can come in: -s or -gdb DEVICE lets it");
    if (o->guest && !run_options_guest(o))
        return error_set(e, EINVAL, "--guest names a guest that the command carries; there is another one already");
    return o->kind->check(o, e);
}

enum { OPTIONS_MAX = 64 };

static bool has_option(const struct option_desc *table, const char *name)
{
    while (table->name && strcmp(table->name, name) != 0)
        table++;
    return table->name;
}

/* Both tables in one, which the zeros of `out` end. */
static void join(struct option_desc out[OPTIONS_MAX + 1], const struct option_desc *more, const struct option_desc *run)
{
    unsigned count = 0;
    for (const struct option_desc *d = more; d->name && count < OPTIONS_MAX; d++)
        out[count++] = *d;
    for (const struct option_desc *d = run; d->name && count < OPTIONS_MAX; d++)
        if (!has_option(more, d->name))
            out[count++] = *d;
}

/* With --help or --version nothing is to be run, so what goes together is not looked at. */
int run_options_parse_with(struct run_options *o, const struct option_desc *more, int argc, char **argv, struct error *e)
{
    struct option_desc table[OPTIONS_MAX + 1] = {{0}};
    *o = (struct run_options){.kind = run_options_kind(argc, argv),
                              .ram_size = 128 << 20,
                              .max_insns = UINT64_MAX,
                              .each.shadow = SHADOW_ADAPT,
                              .engine.kind = ENGINE_USUAL};
    o->own = calloc(1, o->kind->own_size);
    o->told = calloc(1, sizeof *o->told);
    if (!o->own || !o->told)
        return error_set(e, ENOMEM, "there is not enough memory");
    o->kind->defaults(o);
    join(table, more, o->kind->options);
    int r = options_parse(table, argc, argv, o->kind->word, o, e);
    if (r || o->help || o->version)
        return r;
    r = check(o, e);
    if (!o->signature_granularity)
        o->signature_granularity = 4;
    if (!o->trace_limit)
        o->trace_limit = TRACE_LIMIT_DEFAULT;
    if (!o->bare && !o->depth)
        o->depth = 1;
    for (unsigned i = 0; i < o->drives; i++)
        o->drive[i].snapshot |= o->snapshot;
    return r;
}

int run_options_parse(struct run_options *o, int argc, char **argv, struct error *e)
{
    return run_options_parse_with(o, &(const struct option_desc){0}, argc, argv, e);
}

/* NULL where the options say what else is to run; which of them do is the kind's to know: a kernel, a firmware, a program, a
 * drive. */
const struct carried_guest *run_options_guest(const struct run_options *o)
{
    if (!o->kind->carried || !o->kind->carried(o))
        return NULL;
    return o->guest ? o->guest : &o->kind->guests[0];
}

/* Also after a parse that failed half way: counts say what is there. */
void run_options_free(struct run_options *o)
{
    for (unsigned i = 0; i < o->drives; i++)
        free(o->drive_text[i]);
    for (unsigned i = 0; i < o->images; i++)
        free(o->image_text[i]);
    free(o->own);
    free(o->told);
    for (unsigned i = 0; i < o->pipes; i++) {
        close(o->pipe_fd[i]);
        free(o->pipe_path[i]);
    }
}

/* FILE, or FILE@CELL:
 *
 *   hello.pg        cell 0             halt@2       the file "halt", cell 2
 *   hello.pg@512    cell 512           a@b.pg       the file of that name: what follows the '@' is no number
 *   ./halt@2@0      the file "halt@2", cell 0
 */
int run_options_image(void *into, const char *value, struct error *e)
{
    struct run_options *o = into;
    if (o->images == RUN_IMAGES)
        return error_set(e, EINVAL, "a run has room for %d programs", RUN_IMAGES);
    char *text = o->image_text[o->images] = strdup(value);
    struct run_image *image = &o->image[o->images++];
    if (!text)
        return error_set(e, ENOMEM, "there is not enough memory");
    *image = (struct run_image){.path = text};
    char *at = strrchr(text, '@');
    if (!at || !at[1] || at[1 + strspn(at + 1, "0123456789")])
        return 0;
    *at = '\0';
    return option_number("the cell after '@'", at + 1, false, &image->cell, e);
}
