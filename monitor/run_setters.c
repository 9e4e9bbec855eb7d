/* run_setters.c - see run_setters.h.
 *
 * A setter takes one option's value, as a row of a kind's table names it, and judges it alone. What several options mean together is
 * checked once all are read (run_options.c, kind->check), so their order on the command line does not matter:
 *
 *     "--depth 0"            refused here: no value of --depth
 *     "--bare --depth 2"     refused there: each is fine by itself
 */
#include "monitor/run_setters.h"

#include "monitor/gdb/server.h"
#include "monitor/kind.h"
#include "monitor/run_options.h"
#include "monitor/stack.h"
#include "monitor/trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct run_options *options(void *into) { return into; }

/* Setters of a plain string. */
#define STRING_SETTER(function, member)                                                                                               \
    int function(void *into, const char *value, struct error *e)                                                                      \
    {                                                                                                                                 \
        (void)e;                                                                                                                      \
        options(into)->member = value;                                                                                                \
        return 0;                                                                                                                     \
    }
STRING_SETTER(run_set_bios, boot.bios)
STRING_SETTER(run_set_initrd, boot.initrd)
STRING_SETTER(run_set_append, boot.append)
STRING_SETTER(run_set_script, script)
STRING_SETTER(run_set_trace_out, trace_file)
#undef STRING_SETTER

/* Setters of a flag. */
#define FLAG_SETTER(function, member)                                                                                                 \
    int function(void *into, const char *value, struct error *e)                                                                      \
    {                                                                                                                                 \
        (void)e;                                                                                                                      \
        (void)value;                                                                                                                  \
        options(into)->member = true;                                                                                                 \
        return 0;                                                                                                                     \
    }
FLAG_SETTER(run_set_bare, bare)
FLAG_SETTER(run_set_snapshot, snapshot)
FLAG_SETTER(run_set_no_reboot, no_reboot)
FLAG_SETTER(run_set_hold, hold)
FLAG_SETTER(run_set_help, help)
FLAG_SETTER(run_set_version, version)
FLAG_SETTER(run_set_no_fuse, engine.no_fuse)
FLAG_SETTER(run_set_no_chain, engine.no_chain)
#undef FLAG_SETTER

/* By -kernel or as a word; two would be a mistake, such as an option's value that lost its option. */
int run_set_kernel(void *into, const char *value, struct error *e)
{
    const char **kernel = &options(into)->boot.kernel;
    if (*kernel)
        return error_set(e, EINVAL, "there is one kernel to a machine, not both %s and %s", *kernel, value);
    *kernel = value;
    return 0;
}

/* Command lines for QEMU have it, with the one value that is so here anyway. */
int run_set_serial(void *into, const char *value, struct error *e)
{
    (void)into;
    bool known = strcmp(value, "stdio") == 0 || strcmp(value, "mon:stdio") == 0;
    return known ? 0 : error_set(e, EINVAL, "the serial port is on stdin and stdout: -serial is stdio, not '%s'", value);
}

/* So do many have this; a number that could not be obeyed is refused rather than forgotten. */
int run_set_smp(void *into, const char *value, struct error *e)
{
    (void)into;
    return strcmp(value, "1") == 0 ? 0 : error_set(e, EINVAL, "the machine has one processor: -smp is 1, not '%s'", value);
}

/* Names are those of isa/engine.h. Which engine it is changes how fast a guest runs, and not its course. */
int run_set_engine(void *into, const char *value, struct error *e)
{
    const enum engine_kind kind = engine_find(value);
    if (kind == ENGINES)
        return error_set(e, EINVAL, "the option --engine is %s, not '%s'", ENGINE_SYNTAX, value);
    options(into)->engine.kind = kind;
    options(into)->engine_said = true;
    return 0;
}

/* "size=" is QEMU's longer spelling. In whole pages, since a machine's RAM is made of them. Which machine it is, is known before. */
int run_set_memory(void *into, const char *value, struct error *e)
{
    uint64_t *size = &options(into)->ram_size;
    const uint64_t least = 1 << 20, most = options(into)->kind->ram_most;
    const bool whole = most % (1 << 30) == 0;
    if (strncmp(value, "size=", 5) == 0)
        value += 5;
    int r = option_size("-m", value, size, e);
    if (r)
        return r;
    if (*size < least || *size > most || *size % PAGE_SIZE)
        return error_set(e, EINVAL, "the option -m wants 1M to %llu%c in whole pages, not %s",
                         (unsigned long long)(most >> (whole ? 30 : 20)), whole ? 'G' : 'M', value);
    return 0;
}

/* A sentence about 0 names what is meant by it. */
int run_set_depth(void *into, const char *value, struct error *e)
{
    uint64_t depth;
    int r = option_number("--depth", value, false, &depth, e);
    if (r == 0 && (depth < 1 || depth > STACK_DEPTH_MAX))
        r = error_set(e, EINVAL, "the option --depth wants 1 to %d virtual machines in each other, not %s (none: --bare)",
                      STACK_DEPTH_MAX, value);
    if (r == 0)
        options(into)->depth = (unsigned)depth;
    return r;
}

/* flush empties the shadow where the guest fences; trace follows the guest's page tables as they are written; adapt does for each of
 * them what costs less (core/vmm). */
int run_set_shadow(void *into, const char *value, struct error *e)
{
    for (unsigned p = 0; p < SHADOW_POLICIES; p++)
        if (strcmp(value, vmm_shadow_name((enum shadow_policy)p)) == 0) {
            options(into)->each.shadow = (enum shadow_policy)p;
            return 0;
        }
    return error_set(e, EINVAL, "the option --shadow is flush, trace or adapt, not '%s'", value);
}

/* 3, where all of the guest is in real ring 3, is as if nothing were said. It is an option of other machines to be refused there. */
int run_set_ring(void *into, const char *value, struct error *e)
{
    const bool one = strcmp(value, "1") == 0;
    if (!options(into)->kind->has_rings)
        return error_set(e, EINVAL, "the option --ring is for a machine with four rings, which %s is not",
                         options(into)->kind->machine);
    if (!one && strcmp(value, "3") != 0)
        return error_set(e, EINVAL, "the option --ring, the real ring that the guest's ring 0 is in, is 1 or 3, not '%s'", value);
    options(into)->each.ring = one;
    return 0;
}

/* In the form that nearest_word() wants; the table ends with a name NULL, and so does the list. */
static const char *guest_name(const void *guests, unsigned index) { return ((const struct carried_guest *)guests)[index].name; }

/* "hello and busy" */
static const char *guest_names(const struct carried_guest *g, char *out, size_t size)
{
    *out = '\0';
    for (unsigned i = 0; g[i].name; i++) {
        const size_t n = strlen(out);
        snprintf(out + n, size - n, "%s%s", i == 0 ? "" : g[i + 1].name ? ", " : " and ", g[i].name);
    }
    return out;
}

/* A guest is named among those of this kind of machine, so -M must have been read: run_options_kind() has seen to it. */
int run_set_guest(void *into, const char *value, struct error *e)
{
    struct run_options *o = into;
    const struct carried_guest *g = o->kind->guests;
    if (!g)
        return error_set(e, EINVAL, "the command carries no guest for this machine");
    while (g->name && strcmp(g->name, value) != 0)
        g++;
    if (g->name) {
        o->guest = g;
        return 0;
    }
    const char *near = nearest_word(value, guest_name, o->kind->guests);
    char names[96];
    return error_set(e, EINVAL, "the command carries no guest '%s'; %s %s%s", value, near ? "is" : "it carries",
                     near ? near : guest_names(o->kind->guests, names, sizeof names), near ? " meant?" : "");
}

/* "trap, patch or hybrid": those for machines of this instruction set. */
static const char *monitor_names(const struct isa *isa, char *out, size_t size)
{
    enum vmm_monitor m, next;
    *out = '\0';
    for (unsigned i = 0; vmm_monitor_at(isa, i, &m); i++) {
        const size_t n = strlen(out);
        snprintf(out + n, size - n, "%s%s", i == 0 ? "" : vmm_monitor_at(isa, i + 1, &next) ? ", " : " or ", vmm_monitor_name(m));
    }
    return out;
}

/* Which monitors there are depends on the instruction set, which is known: run_options_kind() has looked for -M first. */
int run_set_vmm(void *into, const char *value, struct error *e)
{
    struct run_options *o = options(into);
    const struct isa *isa = vmm_is_for(o->kind->isa) ? o->kind->isa : NULL; /* NULL: that there is none is said later */
    enum vmm_monitor m;
    char names[96];
    for (unsigned i = 0; vmm_monitor_at(isa, i, &m); i++)
        if (strcmp(value, vmm_monitor_name(m)) == 0) {
            o->each.monitor = m;
            o->vmm_said = true;
            return 0;
        }
    const char *variant;
    for (unsigned i = 0; o->kind->mended && (variant = o->kind->mended(i)); i++)
        if (strcmp(value, variant) == 0)
            return error_set(e, EINVAL, "%s is no monitor but a variant of the machine: -M %s:%s", value, o->kind->isa->name, value);
    return error_set(e, EINVAL, "the option --vmm is %s for this machine, not '%s'", monitor_names(isa, names, sizeof names), value);
}

int run_set_max_insns(void *into, const char *value, struct error *e)
{
    return option_number("--max-insns", value, false, &options(into)->max_insns, e);
}

int run_set_seed(void *into, const char *value, struct error *e)
{
    return option_number("--seed", value, false, &options(into)->seed, e);
}

/* "time" is beside the form: `--stats=json --stats=time` is JSON with times. Of several forms the last one counts. */
int run_set_stats(void *into, const char *value, struct error *e)
{
    struct run_options *o = options(into);
    if (value && strcmp(value, "time") == 0) { /* beside a form, or as text */
        o->stats_time = true;
        if (o->stats == STATS_DEFAULT)
            o->stats = STATS_TEXT;
        return 0;
    }
    o->stats_file = NULL;
    if (!value || strcmp(value, "text") == 0)
        o->stats = STATS_TEXT;
    else if (strcmp(value, "json") == 0)
        o->stats = STATS_JSON;
    else if (strcmp(value, "off") == 0)
        o->stats = STATS_OFF;
    else if (strncmp(value, "json:", 5) == 0 && value[5]) {
        o->stats = STATS_JSON;
        o->stats_file = value + 5;
    } else
        return error_set(e, EINVAL, "the option --stats is text, json, json:FILE, time or off, not '%s'", value);
    return 0;
}

/* Less than that would hold the names of the tracks and hardly an event. */
int run_set_trace_limit(void *into, const char *value, struct error *e)
{
    uint64_t *limit = &options(into)->trace_limit;
    int r = option_size("--trace-limit", value, limit, e);
    if (r == 0 && *limit < TRACE_LIMIT_LEAST)
        r = error_set(e, EINVAL, "the option --trace-limit wants at least %dK, not %s", (int)(TRACE_LIMIT_LEAST >> 10), value);
    return r;
}

/* Parsed now, so that a mistake is bad usage and not a failure of the run; what is parsed is thrown away. */
int run_set_gdb(void *into, const char *value, struct error *e)
{
    struct run_options *o = options(into);
    if (o->gdb)
        return error_set(e, EINVAL, "a debugger can come in at one place: -gdb and -s stand once");
    struct gdb_device ignored;
    o->gdb = value;
    return gdb_device_parse(value, &ignored, e);
}

/* The folder has to be there when the run begins: one that appears later is not the one that the person looked at. */
int run_set_gdb_files(void *into, const char *value, struct error *e)
{
    struct stat s;
    if (stat(value, &s) != 0)
        return error_set(e, EINVAL, "the option -gdb-files: %s: %s", value, strerror(errno));
    if (!S_ISDIR(s.st_mode))
        return error_set(e, EINVAL, "the option -gdb-files: %s is no folder", value);
    options(into)->gdb_files = value;
    return 0;
}

/* As QEMU's -s. Only this host can reach it, as with each -gdb. */
int run_set_gdb_default(void *into, const char *value, struct error *e)
{
    (void)value;
    return run_set_gdb(into, "tcp::1234", e);
}

/* Which kind it is was seen before (run_options_parse_with()); here it takes what else the word says. */
int run_set_machine(void *into, const char *value, struct error *e)
{
    struct run_options *o = options(into);
    const struct kind *kind = kind_find(value);
    char names[128];
    if (!kind)
        return error_set(e, EINVAL, "there is no machine '%s'; there is %s", value, kind_names(names, sizeof names));
    if (kind != o->kind)
        return error_set(e, EINVAL, "a run has one machine, not both %s and %s", o->kind->machine, kind->machine);
    return kind->rest_set(o, value + strlen(kind->machine), e);
}
