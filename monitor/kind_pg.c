/* kind_pg.c - the machine of the paper on the command line: its options, and how it is built.
 *
 * Several programs may be loaded, each at its cell, as parts of one memory:
 *
 *     trapeze run -M pg --bare examples/pg/vmm.pg examples/pg/hello.pg@512
 *
 *     cell 0                     512                 4096: --cells
 *     | E[0] E[1] vmm.pg ...     | hello.pg ...      |
 *
 * hello.pg counts its own cells from 0: it runs behind the relocation register that vmm.pg gives it.
 */
#include "guests.h"
#include "monitor/kind.h"

#include "core/theory/theory.h"
#include "devices/teletype.h"
#include "isa/pg.h"
#include "monitor/debug/symbols.h"
#include "monitor/pg_program.h"
#include "monitor/pipes.h"
#include "monitor/run_setters.h"
#include "monitor/session.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pg_config *own(const struct run_options *o) { return o->own; }

/* Variant 0 is the base machine, which has no name that one could type. */
static const char *variant_name(const void *list, unsigned index)
{
    (void)list;
    return index + 1 < PG_VARIANT_COUNT ? pg_variants[index + 1].name : NULL;
}

/* ":VARIANT" */
static int rest_set(struct run_options *o, const char *value, struct error *e)
{
    const char *name = *value ? value + 1 : "";
    own(o)->variant = pg_variant_find(name);
    if (own(o)->variant < PG_VARIANT_COUNT)
        return 0;
    char upper[32];
    snprintf(upper, sizeof upper, "%s", name);
    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    const char *near = nearest_word(upper, variant_name, NULL);
    return error_set(e, EINVAL, "the machine pg has no variant '%s'%s%s%s", name, near ? "; is " : "; there are ",
                     near ? near : "JRST1 GETMODE LRA GETR SETR-NOP SETR-USER SHRINK HALT-USER", near ? " meant?" : "");
}

/* In K and M of 1024, as sizes of memory are. */
static int set_cells(void *into, const char *value, struct error *e)
{
    uint64_t n;
    int r = option_number("--cells", value, true, &n, e);
    if (r == 0 && (n < PG_CELLS_MIN || n > PG_CELLS_MAX))
        r = error_set(e, EINVAL, "the option --cells wants %d to %d, not %s", PG_CELLS_MIN, PG_CELLS_MAX, value);
    if (r == 0)
        own(into)->cells = (unsigned)n;
    return r;
}

static const struct option_desc table[] = {
    {"M", VALUE_NEEDED, "pg[:VARIANT]", run_set_machine, "the machine of Popek & Goldberg 1974, or one that differs from it"},
    {"machine", VALUE_NEEDED, "pg", run_set_machine, NULL},
    {"cells", VALUE_NEEDED, "N", set_cells, "cells of the guest's memory (4096)"},
    {"guest", VALUE_NEEDED, "hello|busy", run_set_guest, "which of the programs that the command carries"},
    {"ring", VALUE_NEEDED, "3|1", run_set_ring, NULL},
    RUN_SETTERS_COMMON("hybrid: virtual supervisor mode is interpreted"),
    {0},
};

static void help(void)
{
    options_prose("usage: trapeze run -M pg[:VARIANT] [OPTION...] [FILE[@CELL]...]\n\n"
                  "Runs programs of the machine of the paper, assembly text or cells of 8 bytes, in a virtual machine\n"
                  "on that machine. A program's cell 0 becomes cell 0 of the guest, or the one after '@'.\n"
                  "Without a file it runs a small program that it carries.\n\n");
    options_help(table);
    printf("\nVariants, each of which changes one instruction:\n");
    for (unsigned i = 1; i < PG_VARIANT_COUNT; i++)
        options_row(pg_variants[i].name, pg_variants[i].about);
    options_prose("\nExit status: 0 when the guest halts, else as for other guests.\n");
}

static void defaults(struct run_options *o) { own(o)->cells = 4096; }

/* Nothing of these options excludes another. */
static int check(const struct run_options *o, struct error *e)
{
    (void)o, (void)e;
    return 0;
}

/* As soon as a file is named, that is what runs. */
static bool carried(const struct run_options *o) { return o->images == 0; }

/* The usual one first: it does little that is privileged; the second little else. */
static const struct carried_guest guests[] = {
    {.name = "hello", .called = "the embedded program", .data = trapeze_guest_pg_hello, .size = &trapeze_guest_pg_hello_size},
    {.name = "busy", .called = "the busy program", .data = trapeze_guest_pg_busy, .size = &trapeze_guest_pg_busy_size},
    {0},
};

static const char *variant(const struct run_options *o)
{
    return own(o)->variant == PG_BASE ? NULL : pg_variants[own(o)->variant].name;
}

static struct insn_desc row(const struct run_options *o, unsigned n) { return pg_row_of(own(o)->variant, n); }

static const char *guest_name(const struct run_options *o) { return carried(o) ? run_options_guest(o)->called : o->image[0].path; }

/* A cell is eight bytes to the host, whatever it is to the guest. */
static uint64_t guest_ram(const struct run_options *o) { return (uint64_t)own(o)->cells * PG_CELL; }

/* As many cells as the guest on top needs, and the machines between them. */
static int bare(const struct run_options *o, struct phys *phys, uint64_t size, struct machine **out, struct error *e)
{
    struct pg_config c = *own(o);
    const uint64_t cells = size / PG_CELL;
    if (cells > PG_CELLS_MAX)
        return error_set(e, EINVAL, "the bare machine would need %llu cells, and has no more than %d", (unsigned long long)cells,
                         PG_CELLS_MAX);
    c.cells = (unsigned)cells;
    int r = pg_create(out, phys, &c);
    return r ? error_set(e, -r, "the host has no memory for a machine with %u cells", c.cells) : 0;
}

/* A tick for each instruction: the machine has no timer, and its paper no time. */
static int plug(struct session *s, struct chardev console, struct error *e)
{
    const struct teletype_config board = {.at = PG_CONSOLE, .console = console};
    return system_create(&s->system, stack_top(&s->stack), teletype_create, &board, 1, e);
}

/* After a reset of the machine <s, 2, (0, q)> [isa/pg.h]: cell 2 of the program is its first instruction. */
static int boot(struct session *s, struct error *e)
{
    return pg_program_load(s->options, own(s->options)->cells, s->system->machine, e);
}

/* A program's labels are numbers of its own cells; it may have been loaded further up. */
static int add_labels(struct symbols *symbols, const char *name, const struct pg_image *image, uint64_t cell, struct error *e)
{
    const struct symbols_binding at = {.offset = cell};
    struct symbol_label *label = calloc(image->labels + 1, sizeof *label);
    for (unsigned n = 0; label && n < image->labels; n++)
        label[n] = (struct symbol_label){image->label[n].name, image->label[n].cell};
    int r = label ? symbols_add_labels(symbols, name, label, image->labels, image->count, &at, e)
                  : error_set(e, ENOMEM, "there is not enough memory for the monitor");
    free(label);
    return r;
}

/* The labels of each program, where it was loaded. */
static int read_labels(const struct run_options *o, struct symbols *symbols, struct error *e)
{
    int r = 0;
    for (unsigned i = 0; r == 0 && i < o->images; i++) {
        struct pg_image image = {0};
        r = pg_program_read(o->image[i].path, &image, e);
        if (r == 0)
            r = add_labels(symbols, pipes_typed(o, o->image[i].path), &image, o->image[i].cell, e);
        pg_image_free(&image);
    }
    if (r == 0 && carried(o)) {
        struct pg_image image = {0};
        r = pg_program_carried(o, &image, e);
        if (r == 0)
            r = add_labels(symbols, guest_name(o), &image, 0, e);
        pg_image_free(&image);
    }
    return r;
}

const struct kind kind_pg = {
    .machine = "pg",
    .shown = "pg[:VARIANT]",
    .separator = ':',
    .isa = &isa_pg,
    .own_size = sizeof(struct pg_config),
    .defaults = defaults,
    .options = table,
    .rest_set = rest_set,
    .word = run_options_image,
    .check = check,
    .help = help,
    .variant = variant,
    .row = row,
    .carried = carried,
    .guests = guests,
    .guest_name = guest_name,
    .called = "The program",
    .is_short = true,
    .guest_ram = guest_ram,
    .bare = bare,
    .symbols = read_labels,
    .plug = plug,
    .boot = boot,
};
