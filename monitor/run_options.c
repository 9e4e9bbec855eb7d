/* run_options.c - the options of `trapeze run`: QEMU's words where QEMU has one, then ours. */
#include "monitor/run_options.h"

#include "monitor/gdb/server.h"
#include "monitor/stack.h"
#include "monitor/trace.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct run_options *options(void *into) { return into; }

/* Setters of a plain string. */
#define STRING_SETTER(function, member)                                                                                               \
    static int function(void *into, const char *value, struct error *e)                                                               \
    {                                                                                                                                 \
        (void)e;                                                                                                                      \
        options(into)->member = value;                                                                                                \
        return 0;                                                                                                                     \
    }
STRING_SETTER(set_bios, boot.bios)
STRING_SETTER(set_initrd, boot.initrd)
STRING_SETTER(set_append, boot.append)
STRING_SETTER(set_dtb, boot.dtb)
STRING_SETTER(set_script, script)
STRING_SETTER(set_trace_out, trace_file)
STRING_SETTER(set_signature, signature)
#undef STRING_SETTER

/* Setters of a flag. */
#define FLAG_SETTER(function, member)                                                                                                 \
    static int function(void *into, const char *value, struct error *e)                                                               \
    {                                                                                                                                 \
        (void)e;                                                                                                                      \
        (void)value;                                                                                                                  \
        options(into)->member = true;                                                                                                 \
        return 0;                                                                                                                     \
    }
FLAG_SETTER(set_bare, bare)
FLAG_SETTER(set_no_reboot, no_reboot)
FLAG_SETTER(set_snapshot, snapshot)
FLAG_SETTER(set_no_fuse, cpu.no_fuse)
FLAG_SETTER(set_no_chain, cpu.no_chain)
FLAG_SETTER(set_help, help)
FLAG_SETTER(set_version, version)
#undef FLAG_SETTER

static int set_nographic(void *into, const char *value, struct error *e)
{
    (void)into, (void)value, (void)e; /* there is nothing else */
    return 0;
}

static int set_kernel(void *into, const char *value, struct error *e)
{
    const char **kernel = &options(into)->boot.kernel;
    if (*kernel)
        return error_set(e, EINVAL, "there is one kernel to a machine, not both %s and %s", *kernel, value);
    *kernel = value;
    return 0;
}

static int set_memory(void *into, const char *value, struct error *e)
{
    uint64_t *size = &options(into)->ram_size;
    if (strncmp(value, "size=", 5) == 0)
        value += 5;
    int r = option_size("-m", value, size, e);
    if (r)
        return r;
    const uint64_t least = 1 << 20, most = UINT64_C(1) << 40;
    if (*size < least || *size > most || *size % PAGE_SIZE)
        return error_set(e, EINVAL, "the option -m wants 1M to 1024G in whole pages, not %s", value);
    return 0;
}

static int set_smp(void *into, const char *value, struct error *e)
{
    uint64_t harts;
    (void)into;
    int r = option_number("-smp", value, false, &harts, e);
    if (r == 0 && harts != 1)
        r = error_set(e, EINVAL, "the machine has one hart: -smp %s is not possible", value);
    return r;
}

static const char *variant_name(const void *list, unsigned index)
{
    (void)list;
    return index + 1 < PG_VARIANT_COUNT ? pg_variants[index + 1].name : NULL;
}

static bool is_pg_machine(const char *value) { return strcmp(value, "pg") == 0 || strncmp(value, "pg:", 3) == 0; }

/* Which table of options it is depends on the machine, so that comes first: -M pg anywhere before "--". */
static bool wants_pg(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (argv[i][0] != '-')
            continue;
        const char *word = argv[i] + 1 + (argv[i][1] == '-');
        size_t name = strcspn(word, "=");
        if (strncmp(word, "M", name) != 0 && strncmp(word, "machine", name) != 0)
            continue;
        const char *value = word[name] ? word + name + 1 : i + 1 < argc ? argv[i + 1] : "";
        if (name && is_pg_machine(value))
            return true;
    }
    return false;
}

static int set_pg_variant(struct run_options *o, const char *name, struct error *e)
{
    o->pg.variant = pg_variant_find(name);
    if (o->pg.variant < PG_VARIANT_COUNT)
        return 0;
    char upper[32];
    snprintf(upper, sizeof upper, "%s", name);
    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    const char *near = nearest_word(upper, variant_name, NULL);
    return error_set(e, EINVAL, "the machine pg has no variant '%s'%s%s%s", name, near ? "; is " : "; there are ",
                     near ? near : "JRST1 GETMODE LRA GETR SETR-NOP SETR-USER SHRINK HALT-USER", near ? " meant?" : "");
}

static int board_property(struct run_options *o, const char *key, const char *value, struct error *e)
{
    if (strcmp(key, "plic") != 0)
        return error_set(e, EINVAL, "-M virt knows plic=, not '%s'", key);
    bool strict = value && strcmp(value, "strict") == 0;
    if (!strict && !(value && strcmp(value, "qemu") == 0))
        return error_set(e, EINVAL, "-M virt,plic= is qemu or strict, not '%s'", value ? value : "");
    o->gateway = strict ? PLIC_STRICT : PLIC_ASSERTED;
    return 0;
}

static int set_board(struct run_options *o, const char *value, struct error *e)
{
    char *copy = strdup(value), *rest = copy, *key, *word;
    int r = copy ? 0 : error_set(e, ENOMEM, "there is not enough memory");
    if (r == 0 && (!option_pair(&rest, &key, &word) || word || strcmp(key, "virt") != 0))
        r = error_set(e, EINVAL, "there is no machine '%s'; there is virt, and pg[:VARIANT]", value);
    else if (r == 0 && o->is_pg)
        r = error_set(e, EINVAL, "a run has one machine, not both virt and pg");
    while (r == 0 && option_pair(&rest, &key, &word))
        r = board_property(o, key, word, e);
    free(copy);
    return r;
}

static int set_machine(void *into, const char *value, struct error *e)
{
    struct run_options *o = options(into);
    return is_pg_machine(value) ? set_pg_variant(o, value[2] ? value + 3 : "", e) : set_board(o, value, e);
}

static int set_cells(void *into, const char *value, struct error *e)
{
    uint64_t n;
    int r = option_number("--cells", value, true, &n, e);
    if (r == 0 && (n < PG_CELLS_MIN || n > PG_CELLS_MAX))
        r = error_set(e, EINVAL, "the option --cells wants %d to %d, not %s", PG_CELLS_MIN, PG_CELLS_MAX, value);
    if (r == 0)
        options(into)->pg.cells = (unsigned)n;
    return r;
}

/* FILE, or FILE@CELL. */
static int add_image(void *into, const char *value, struct error *e)
{
    struct run_options *o = options(into);
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

static int set_serial(void *into, const char *value, struct error *e)
{
    (void)into;
    bool known = strcmp(value, "stdio") == 0 || strcmp(value, "mon:stdio") == 0;
    return known ? 0 : error_set(e, EINVAL, "the serial port is on stdin and stdout: -serial is stdio, not '%s'", value);
}

static int cpu_feature(struct riscv_config *c, const char *key, const char *value, struct error *e)
{
    for (unsigned n = 0; riscv_choice(n); n++)
        if (strcmp(key, riscv_choice(n)) == 0)
            return option_on_off(key, value, riscv_choice_of(c, n), e);
    return error_set(e, EINVAL, "there is no '%s' to a CPU; there is %s", key, riscv_cpu_syntax);
}

static int set_cpu(void *into, const char *value, struct error *e)
{
    char *copy = strdup(value), *rest = copy, *key, *word;
    int r = copy ? 0 : error_set(e, ENOMEM, "there is not enough memory");
    if (r == 0 && (!option_pair(&rest, &key, &word) || word || strcmp(key, "rv64") != 0))
        r = error_set(e, EINVAL, "there is no CPU '%s'; there is %s", value, riscv_cpu_syntax);
    while (r == 0 && option_pair(&rest, &key, &word))
        r = cpu_feature(&options(into)->cpu, key, word, e);
    free(copy);
    return r;
}

/* A property that has one possible value. */
static int drive_only(const char *key, const char *wanted, const char *value, struct error *e)
{
    if (value && strcmp(value, wanted) == 0)
        return 0;
    return error_set(e, EINVAL, "-drive knows %s=%s, not '%s'", key, wanted, value ? value : "");
}

static int drive_property(struct virt_drive *d, const char *key, const char *value, struct error *e)
{
    if (strcmp(key, "snapshot") == 0)
        return option_on_off("-drive snapshot", value, &d->snapshot, e);
    if (strcmp(key, "readonly") == 0 || strcmp(key, "read-only") == 0)
        return option_on_off("-drive readonly", value, &d->readonly, e);
    if (strcmp(key, "id") == 0 && value)
        return 0;
    if (strcmp(key, "format") == 0)
        return drive_only("format", "raw", value, e);
    if (strcmp(key, "if") == 0)
        return drive_only("if", "virtio", value, e);
    if (strcmp(key, "file") == 0 && value && *value) {
        d->path = value;
        return 0;
    }
    return error_set(e, EINVAL, "-drive knows file=, format=raw, if=virtio, snapshot=, readonly= and id=, not '%s'", key);
}

static int set_drive(void *into, const char *value, struct error *e)
{
    struct run_options *o = options(into);
    if (o->drives == VIRT_DRIVES)
        return error_set(e, EINVAL, "the board has room for %d drives", VIRT_DRIVES);
    char *rest = o->drive_text[o->drives] = strdup(value), *key, *word;
    struct virt_drive *d = &o->drive[o->drives++];
    int r = rest ? 0 : error_set(e, ENOMEM, "there is not enough memory");
    while (r == 0 && option_pair(&rest, &key, &word))
        r = drive_property(d, key, word, e);
    if (r == 0 && !d->path)
        r = error_set(e, EINVAL, "-drive needs file=PATH, as in -drive file=disk.img,format=raw,if=virtio");
    return r;
}

static int set_depth(void *into, const char *value, struct error *e)
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

static int set_shadow(void *into, const char *value, struct error *e)
{
    bool trace = strcmp(value, "trace") == 0;
    if (!trace && strcmp(value, "flush") != 0)
        return error_set(e, EINVAL, "the option --shadow is flush or trace, not '%s'", value);
    options(into)->each.shadow = trace ? SHADOW_TRACE : SHADOW_FLUSH;
    return 0;
}

static int set_vmm(void *into, const char *value, struct error *e)
{
    bool hybrid = strcmp(value, "hybrid") == 0;
    if (!hybrid && strcmp(value, "trap") != 0)
        return error_set(e, EINVAL, "the option --vmm is trap or hybrid, not '%s'", value);
    options(into)->each.monitor = hybrid ? VMM_HYBRID : VMM_TRAP;
    options(into)->vmm_said = true;
    return 0;
}

static int set_max_insns(void *into, const char *value, struct error *e)
{
    return option_number("--max-insns", value, false, &options(into)->max_insns, e);
}

static int set_seed(void *into, const char *value, struct error *e)
{
    return option_number("--seed", value, false, &options(into)->seed, e);
}

static int set_stats(void *into, const char *value, struct error *e)
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

static int set_trace_limit(void *into, const char *value, struct error *e)
{
    uint64_t *limit = &options(into)->trace_limit;
    int r = option_size("--trace-limit", value, limit, e);
    if (r == 0 && *limit < TRACE_LIMIT_LEAST)
        r = error_set(e, EINVAL, "the option --trace-limit wants at least %dK, not %s", (int)(TRACE_LIMIT_LEAST >> 10), value);
    return r;
}

static int set_gdb(void *into, const char *value, struct error *e)
{
    struct run_options *o = options(into);
    if (o->gdb)
        return error_set(e, EINVAL, "a debugger can come in at one place: -gdb and -s stand once");
    struct gdb_device ignored;
    o->gdb = value;
    return gdb_device_parse(value, &ignored, e);
}

static int set_gdb_files(void *into, const char *value, struct error *e)
{
    struct stat s;
    if (stat(value, &s) != 0)
        return error_set(e, EINVAL, "the option -gdb-files: %s: %s", value, strerror(errno));
    if (!S_ISDIR(s.st_mode))
        return error_set(e, EINVAL, "the option -gdb-files: %s is no folder", value);
    options(into)->gdb_files = value;
    return 0;
}

static int set_gdb_default(void *into, const char *value, struct error *e)
{
    (void)value;
    return set_gdb(into, "tcp::1234", e);
}

static int set_hold(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    options(into)->hold = true;
    return 0;
}

static int set_granularity(void *into, const char *value, struct error *e)
{
    uint64_t n;
    int r = option_number("--signature-granularity", value, false, &n, e);
    if (r == 0 && (n == 0 || n > 64 || (n & (n - 1))))
        r = error_set(e, EINVAL, "the option --signature-granularity wants a power of two up to 64, not %s", value);
    if (r == 0)
        options(into)->signature_granularity = (unsigned)n;
    return r;
}

static const struct option_desc qemu_options[] = {
    {"kernel", VALUE_NEEDED, "FILE", set_kernel, "ELF file, Linux Image or raw image (or just name it)"},
    {"initrd", VALUE_NEEDED, "FILE", set_initrd, "initial RAM disk"},
    {"append", VALUE_NEEDED, "TEXT", set_append, "kernel command line"},
    {"bios", VALUE_NEEDED, "WHAT", set_bios, "builtin, none, or a firmware file for M-mode"},
    {"dtb", VALUE_NEEDED, "FILE", set_dtb, "device tree instead of the board's own"},
    {"drive", VALUE_NEEDED, "LIST", set_drive, "file=PATH,format=raw,if=virtio[,snapshot=on][,readonly=on]"},
    {"snapshot", VALUE_NONE, NULL, set_snapshot, "as snapshot=on for every drive: nothing is written to them"},
    {"m", VALUE_NEEDED, "SIZE", set_memory, "RAM, as in 256M or 1G; a plain number is MiB (128M)"},
    {"M", VALUE_NEEDED, "virt", set_machine, "QEMU's virt[,plic=qemu|strict], or pg (-M pg --help)"},
    {"machine", VALUE_NEEDED, "virt", set_machine, NULL},
    {"cpu", VALUE_NEEDED, "LIST", set_cpu, riscv_cpu_syntax},
    {"smp", VALUE_NEEDED, "1", set_smp, "harts: one"},
    {"nographic", VALUE_NONE, NULL, set_nographic, "serial console on stdin and stdout: it always is"},
    {"serial", VALUE_NEEDED, "stdio", set_serial, NULL},
    {"no-reboot", VALUE_NONE, NULL, set_no_reboot, "end where the guest would reboot"},
    {"bare", VALUE_NONE, NULL, set_bare, "run on the machine itself, without a virtual machine"},
    {"depth", VALUE_NEEDED, "N", set_depth, "N virtual machines, each in the one before (1)"},
    {"shadow", VALUE_NEEDED, "POLICY", set_shadow, "shadow page tables: flush (default) or trace"},
    {"vmm", VALUE_NEEDED, "KIND", set_vmm, "trap (default), or hybrid: virtual privileged modes are interpreted"},
    {"max-insns", VALUE_NEEDED, "N", set_max_insns, "end after N instructions; 5M and 2G mean millions and billions"},
    {"stats", VALUE_OPTIONAL, "FORM", set_stats, "account after the run on stderr: text, json, json:FILE, time, off"},
    {"trace-out", VALUE_NEEDED, "FILE", set_trace_out, "every exit as a trace event, for Perfetto or chrome://tracing"},
    {"trace-limit", VALUE_NEEDED, "SIZE", set_trace_limit, "of that file (64M); later events are counted, not written"},
    {"no-fuse", VALUE_NONE, NULL, set_no_fuse, "for comparison: no two instructions in one body"},
    {"no-chain", VALUE_NONE, NULL, set_no_chain, "for comparison: no jump stays in the inner loop"},
    {"seed", VALUE_NEEDED, "N", set_seed, "of the guest's random number device (0)"},
    {"script", VALUE_NEEDED, "FILE", set_script, "talk to the guest by a script: wait TEXT, send TEXT, quit"},
    {"gdb", VALUE_NEEDED, "DEVICE", set_gdb, "let GDB come in at tcp::PORT or unix:PATH, on this host alone"},
    {"gdb-files", VALUE_NEEDED, "FOLDER", set_gdb_files, "its `monitor` commands may name files below FOLDER; else none"},
    {"s", VALUE_NONE, NULL, set_gdb_default, "as -gdb tcp::1234"},
    {"S", VALUE_NONE, NULL, set_hold, "do not start before GDB says so"},
    {"signature", VALUE_NEEDED, "FILE", set_signature, "write begin_signature..end_signature at power-off"},
    {"signature-granularity", VALUE_NEEDED, "N", set_granularity, "bytes on a line of it (4)"},
    {"help", VALUE_NONE, NULL, set_help, "this help"},
    {"h", VALUE_NONE, NULL, set_help, NULL},
    {"version", VALUE_NONE, NULL, set_version, "the version"},
    {0},
};

static const struct option_desc pg_options[] = {
    {"M", VALUE_NEEDED, "pg[:VARIANT]", set_machine, "the machine of Popek & Goldberg 1974, or one that differs from it"},
    {"machine", VALUE_NEEDED, "pg", set_machine, NULL},
    {"cells", VALUE_NEEDED, "N", set_cells, "cells of the guest's memory (4096)"},
    {"bare", VALUE_NONE, NULL, set_bare, "run on the machine itself, without a virtual machine"},
    {"depth", VALUE_NEEDED, "N", set_depth, "N virtual machines, each in the one before (1)"},
    {"vmm", VALUE_NEEDED, "KIND", set_vmm, "trap (default), or hybrid: virtual supervisor mode is interpreted"},
    {"max-insns", VALUE_NEEDED, "N", set_max_insns, "end after N instructions; 5M and 2G mean millions and billions"},
    {"stats", VALUE_OPTIONAL, "FORM", set_stats, "account after the run on stderr: text, json, json:FILE, time, off"},
    {"trace-out", VALUE_NEEDED, "FILE", set_trace_out, "every exit as a trace event, for Perfetto or chrome://tracing"},
    {"trace-limit", VALUE_NEEDED, "SIZE", set_trace_limit, "of that file (64M); later events are counted, not written"},
    {"help", VALUE_NONE, NULL, set_help, "this help"},
    {"h", VALUE_NONE, NULL, set_help, NULL},
    {"version", VALUE_NONE, NULL, set_version, "the version"},
    {0},
};

void run_options_help_pg(void)
{
    options_prose("usage: trapeze run -M pg[:VARIANT] [OPTION...] FILE[@CELL]...\n\n"
                  "Runs programs of the machine of the paper, assembly text or cells of 8 bytes, in a virtual machine\n"
                  "on that machine. A program's cell 0 becomes cell 0 of the guest, or the one after '@'.\n\n");
    options_help(pg_options);
    printf("\nVariants, each of which changes one instruction:\n");
    for (unsigned i = 1; i < PG_VARIANT_COUNT; i++)
        options_row(pg_variants[i].name, pg_variants[i].about);
    options_prose("\nExit status: 0 when the guest halts, else as for other guests.\n");
}

void run_options_help(void)
{
    options_prose("usage: trapeze run [OPTION...] [KERNEL]\n\n"
                  "Runs a RISC-V kernel in a virtual machine: every instruction of the guest executes in user mode.\n"
                  "Without a kernel it runs the small guest it carries. Options may have one dash or two.\n\n");
    options_help(qemu_options);
    options_prose("\nKeys at a terminal: Ctrl-A x ends, Ctrl-A h helps, Ctrl-A Ctrl-A sends Ctrl-A.\n"
                  "Exit status: the guest's own at power-off, else 1 failure of trapeze, 2 bad usage, 119 script not\n"
                  "met, 120 stopped by the VMM, 121 --max-insns reached, 122 stuck, 128+N ended by signal N.\n");
}

static bool is_pg_program(const char *path)
{
    size_t n = strlen(path);
    return n > 3 && strcmp(path + n - 3, ".pg") == 0;
}

static int check(const struct run_options *o, struct error *e)
{
    if (o->bare && o->depth)
        return error_set(e, EINVAL, "--bare and --depth exclude each other");
    if (o->bare && o->vmm_said)
        return error_set(e, EINVAL, "--bare and --vmm exclude each other");
    if (o->bare && o->trace_file)
        return error_set(e, EINVAL, "--bare and --trace-out exclude each other: a trace shows the exits of virtual machines");
    if (o->trace_file && strcmp(o->trace_file, "-") == 0)
        return error_set(e, EINVAL, "--trace-out wants a file, not '-': stdout is the guest's console");
    if (o->trace_limit && !o->trace_file)
        return error_set(e, EINVAL, "--trace-limit needs --trace-out FILE");
    if (o->hold && !o->gdb)
        return error_set(e, EINVAL, "-S waits for a debugger, and none can come in: -s or -gdb DEVICE lets it");
    if (o->gdb_files && !o->gdb)
        return error_set(e, EINVAL, "-gdb-files is for a debugger, and none can come in: -s or -gdb DEVICE lets it");
    if (o->is_pg)
        return o->images ? 0 : error_set(e, EINVAL, "there is no program to run: trapeze run -M pg FILE.pg");
    if (o->boot.kernel && is_pg_program(o->boot.kernel))
        return error_set(e, EINVAL, "%s is a program of the paper's machine, not a RISC-V kernel: trapeze run -M pg %s",
                         o->boot.kernel, o->boot.kernel);
    bool none = o->boot.bios && strcmp(o->boot.bios, "none") == 0;
    if (none && !o->boot.kernel)
        return error_set(e, EINVAL, "-bios none needs a kernel to start");
    bool file = o->boot.bios && !none && strcmp(o->boot.bios, "builtin") != 0;
    if (!o->boot.kernel && !file && (o->boot.initrd || o->boot.append))
        return error_set(e, EINVAL, "%s needs a kernel: -kernel FILE", o->boot.initrd ? "-initrd" : "-append");
    if (!o->signature && o->signature_granularity)
        return error_set(e, EINVAL, "--signature-granularity needs --signature FILE");
    return 0;
}

void run_options_list(bool is_pg) { options_help(is_pg ? pg_options : qemu_options); }

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

int run_options_parse_with(struct run_options *o, const struct option_desc *more, int argc, char **argv, struct error *e)
{
    struct option_desc table[OPTIONS_MAX + 1] = {{0}};
    *o = (struct run_options){.cpu = riscv_config_default, .ram_size = 128 << 20, .max_insns = UINT64_MAX};
    o->is_pg = wants_pg(argc, argv);
    o->pg.cells = 4096;
    join(table, more, o->is_pg ? pg_options : qemu_options);
    int r = options_parse(table, argc, argv, o->is_pg ? add_image : set_kernel, o, e);
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

void run_options_free(struct run_options *o)
{
    for (unsigned i = 0; i < o->drives; i++)
        free(o->drive_text[i]);
    for (unsigned i = 0; i < o->images; i++)
        free(o->image_text[i]);
    for (unsigned i = 0; i < o->pipes; i++) {
        close(o->pipe_fd[i]);
        free(o->pipe_path[i]);
    }
}
