/* classes.c - see classes.h. */
#include "monitor/debug/classes.h"

#include "core/inspect.h"
#include "core/theory/theory.h"
#include "isa/about.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Instructions of one row are alike, but for those that name a CSR: there the CSR counts, and whether it is read and written. */
struct kind {
    uint64_t key;
    struct insn_class class;
};

/* A list that is searched from the front: the kinds in a program are not many, and to search costs little beside
 * measuring, which runs the classifier over machine states (core/theory). */
struct classes {
    struct kind *kind; /* owned */
    unsigned count, room;
    const char *variant;
};

int classes_create(struct classes **out, const char *variant)
{
    *out = calloc(1, sizeof **out);
    if (*out)
        (*out)->variant = variant;
    return *out ? 0 : -ENOMEM;
}

void classes_destroy(struct classes *c)
{
    if (c)
        free(c->kind);
    free(c);
}

/*      63       48 47                          16 15         0
 *     |   form    |   the register it names      |    row     |
 *      `----- 0 where it names none ------------'
 *
 * `form`: of two instructions of a row that name the same register one may only read it (csrr) and one write it as well. */
static uint64_t key_of(const struct machine *m, unsigned row, insn_t bits)
{
    struct about_named named;
    return about_named(m, bits, &named) ? row | (uint64_t)named.reg << 16 | (uint64_t)named.form << 48 : row;
}

static struct insn_class claimed(const struct machine *m, unsigned row)
{
    const struct insn_desc d = about_row(m, row);
    struct insn_class c = {.known = true, .privileged = d.traps == TRAPS_PRIV, .sensitive = d.sensitive};
    c.critical = c.sensitive && !c.privileged;
    return c;
}

/* Does the table say what its variants are like? Where all rows are as they always are, it is the base machine, or a
 * variant that differs by more than which rows trap. */
static bool is_told_by_rows(const struct machine *m)
{
    bool told = false;
    for (unsigned n = 0; n < m->isa->row_count && !told; n++)
        told = about_row(m, n).traps != m->isa->rows[n].traps;
    return told;
}

/* By the name of the machine's instruction set, of one instruction, which the classifier gets in hex. A theory with
 * variants measures the one that is named. That takes a moment for each kind of instruction, and the table's claims
 * are those of a test; so only where they are not of this variant it is done. */
static bool measure(const struct classes *k, const struct machine *m, insn_t bits, struct insn_class *out)
{
    char subject[2 + INSN_HEX], hex[INSN_HEX];
    unsigned length;
    const struct theory *t = theory_find(m->isa->name);
    struct classify_options o = {.subject = subject, .variant = k->variant, .brief = true};
    struct classification *c;
    struct error ignored;
    (void)machine_decode(m, bits, &length);
    snprintf(subject, sizeof subject, "0x%s", insn_hex(bits, length, hex));
    if (!t || (t->variants && (!k->variant || is_told_by_rows(m))) || t->classify(&o, &c, &ignored) != 0)
        return false;
    const struct finding *f = c->findings;
    *out = (struct insn_class){.known = true, .measured = true, .privileged = f->privileged, .sensitive = f->sensitive};
    out->critical = f->critical;
    classification_destroy(c);
    return true;
}

static struct insn_class *place(struct classes *c, uint64_t key)
{
    for (unsigned i = 0; i < c->count; i++)
        if (c->kind[i].key == key)
            return &c->kind[i].class;
    if (c->count == c->room) {
        unsigned room = c->room ? 2 * c->room : 64;
        struct kind *grown = realloc(c->kind, room * sizeof *grown);
        if (!grown)
            return NULL;
        c->kind = grown;
        c->room = room;
    }
    c->kind[c->count] = (struct kind){.key = key};
    return &c->kind[c->count++].class;
}

/* Does the monitor run user mode alone directly? Then its K is another. */
static bool runs_user_alone(const struct machine *m)
{
    struct vm_place place;
    vm_place(m, &place);
    return place.config->monitor == VMM_HYBRID || place.config->monitor == VMM_TRANSLATE;
}

/* A theory that has claims of its own has them of this machine's variant, of the mode that it is in, and of operands.
 * In a mode that a virtual machine does not execute directly nothing runs unseen, and nothing is critical. */
static struct insn_class claimed_by(const struct theory *t, const struct classes *k, const struct machine *m, insn_t bits)
{
    const bool vm = machine_is_vm(m), direct = !vm || vm_course(m) == VM_DIRECTLY;
    struct finding f;
    t->claimed(k->variant, vm && direct && runs_user_alone(m), m, bits, &f);
    return (struct insn_class){
        .known = f.row != INSN_NONE, .privileged = f.privileged, .sensitive = f.sensitive, .critical = f.critical && direct};
}

/* Without memory for the list it is measured again each time: slow, and true. */
struct insn_class classes_of(struct classes *c, const struct machine *m, insn_t bits)
{
    unsigned length, row = machine_decode(m, bits, &length);
    if (row == INSN_NONE)
        return (struct insn_class){0};
    const struct theory *const t = theory_find(m->isa->name);
    if (t && t->claimed)
        return claimed_by(t, c, m, bits);
    struct insn_class *known = place(c, key_of(m, row, bits)), here;
    if (known && known->known)
        return *known;
    if (!measure(c, m, bits, &here))
        here = claimed(m, row);
    if (known)
        *known = here;
    return here;
}

const char *class_name(const struct insn_class *c)
{
    if (!c->known)
        return "no instruction";
    if (c->critical)
        return "critical";
    if (c->sensitive)
        return c->privileged ? "privileged, sensitive" : "sensitive";
    return c->privileged ? "privileged" : "innocuous";
}

char class_mark(const struct insn_class *c) { return c->critical ? '!' : c->sensitive ? 'S' : c->privileged ? 'P' : ' '; }
