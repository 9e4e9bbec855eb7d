/* about_csr.c - control registers in their parts, by name: "MODE=8 (Sv39) ASID=1 PPN=0x80203". The parts come from the instruction set's
 * own table (isa->fields) and from about_csr.def. */
#include "isa/riscv/about.h"

#include "isa/riscv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* about_csr.def is read four times, for what people want to know beyond the table of fields:
 *
 *   PART(satp, MODE, 60, 4, "Bare,...")   a field that isa->fields does not have, and the names of its values
 *   MEANS(mstatus, FS, "Off,...")         names of the values of a field that it has
 *   SHOWS(sstatus, mstatus, bits)         a register whose fields are some of another's
 *   WHOLE(mepc, mepc)                     registers, first to last, that are one number each
 */
#define CSR_AT(csr) (RV_CSR + CSR_##csr)

static const struct {
    reg_t reg;
    const char *name;
    unsigned low, width;
    const char *values;
} parts[] = {
#define PART(csr, name, low, width, values) {CSR_AT(csr), #name, low, width, values},
#define MEANS(csr, name, values)
#define SHOWS(csr, of, bits)
#define WHOLE(first, last)
#include "isa/riscv/about_csr.def"
#undef PART
#undef MEANS
};

static const struct {
    const char *field, *values; /* as the instruction set spells it: "mstatus.FS" */
} meanings[] = {
#define PART(csr, name, low, width, values)
#define MEANS(csr, name, values) {#csr "." #name, values},
#include "isa/riscv/about_csr.def"
#undef MEANS
#undef SHOWS
};

static const struct {
    reg_t reg, of;
    uint64_t bits;
} views[] = {
#define MEANS(csr, name, values)
#define SHOWS(csr, of, bits) {CSR_AT(csr), CSR_AT(of), bits},
#include "isa/riscv/about_csr.def"
#undef SHOWS
#undef WHOLE
};

static const struct {
    reg_t first, last;
} whole[] = {
#define SHOWS(csr, of, bits)
#define WHOLE(first, last) {CSR_AT(first), CSR_AT(last)},
#include "isa/riscv/about_csr.def"
#undef PART
#undef MEANS
#undef SHOWS
#undef WHOLE
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool in(reg_t r, unsigned first, unsigned last) { return r >= RV_CSR + first && r <= RV_CSR + last; }
static bool is_pmpcfg(reg_t r) { return in(r, CSR_pmpcfg0, CSR_pmpcfg14); }
static bool is_pmpaddr(reg_t r) { return in(r, CSR_pmpaddr0, CSR_pmpaddr63); }

/* --- the parts */

struct list {
    struct about_part *out;
    unsigned count;
};

static void add(struct list *l, const char *name, unsigned low, unsigned width, const char *values)
{
    if (l->count == ABOUT_PARTS)
        return;
    struct about_part *p = &l->out[l->count++];
    *p = (struct about_part){.low = low, .width = width, .values = values};
    snprintf(p->name, sizeof p->name, "%s", name);
}

static const char *meaning(const char *field)
{
    for (unsigned i = 0; i < COUNT(meanings); i++)
        if (strcmp(meanings[i].field, field) == 0)
            return meanings[i].values;
    return "";
}

/* A field is added where its lowest bit is among `bits`: all of them for the register itself, what is shown for a
 * view. */
static void add_rows(struct list *l, const struct isa *isa, reg_t r, uint64_t bits)
{
    for (unsigned i = 0; i < isa->field_count; i++) {
        const struct reg_field *f = &isa->fields[i];
        const char *dot = strchr(f->name, '.');
        if (f->reg == r && f->width < 64 && bit_get(bits, f->low))
            add(l, dot ? dot + 1 : f->name, f->low, f->width, meaning(f->name));
    }
    for (unsigned i = 0; i < COUNT(parts); i++)
        if (parts[i].reg == r && bit_get(bits, parts[i].low))
            add(l, parts[i].name, parts[i].low, parts[i].width, parts[i].values);
}

/* A bit for each exception that can be delegated [priv 3.1.8]. */
static void add_causes(struct list *l)
{
    for (unsigned i = 0; i < riscv_about.trap_count; i++)
        if (!riscv_about.traps[i].is_interrupt)
            add(l, riscv_about.traps[i].word, (unsigned)riscv_about.traps[i].cause, 1, "");
}

/* Eight bytes, one for each rule [priv 3.7.1].
 * pmpcfg registers of RV64 have even numbers, with eight rules each: pmpcfg2 begins with rule 8. */
static void add_rules(struct list *l, reg_t r)
{
    for (unsigned i = 0; i < 8; i++) {
        char name[ABOUT_PART_NAME];
        snprintf(name, sizeof name, "pmp%ucfg", (unsigned)(r - RV_CSR - CSR_pmpcfg0) * 4 + i);
        add(l, name, 8 * i, 8, "rule");
    }
}

static int by_bit(const void *a, const void *b)
{
    const struct about_part *x = a, *y = b;
    return (x->low > y->low) - (x->low < y->low);
}

unsigned riscv_about_parts(const struct machine *m, reg_t r, struct about_part out[ABOUT_PARTS])
{
    struct list l = {.out = out};
    add_rows(&l, m->isa, r, UINT64_MAX);
    for (unsigned i = 0; i < COUNT(views); i++)
        if (views[i].reg == r)
            add_rows(&l, m->isa, views[i].of, views[i].bits);
    if (r == RV_CSR + CSR_medeleg)
        add_causes(&l);
    if (is_pmpcfg(r))
        add_rules(&l, r);
    if (is_pmpaddr(r))
        add(&l, "address", 0, 54, "range");
    qsort(out, l.count, sizeof *out, by_bit);
    return l.count;
}

bool riscv_about_is_whole(reg_t r)
{
    for (unsigned i = 0; i < COUNT(whole); i++)
        if (r >= whole[i].first && r <= whole[i].last)
            return true;
    return false;
}

/* --- values */

static const char *const matching[] = {"OFF", "TOR", "NA4", "NAPOT"};

static void rule_text(uint64_t cfg, char *out, size_t size)
{
    snprintf(out, size, "0x%02llx (%s %s%s%s%s)", (unsigned long long)cfg, matching[bits_get(cfg, 3, 2)], cfg & 1 ? "R" : "-",
             cfg & 2 ? "W" : "-", cfg & 4 ? "X" : "-", bit_get(cfg, 7) ? " locked" : "");
}

/* What the address is depends on the rule's byte, in another register: with NAPOT it says a size, too, with TOR it
 * is the end. */
static void range_text(const struct machine *m, reg_t r, uint64_t v, char *out, size_t size)
{
    const unsigned n = (unsigned)(r - RV_CSR - CSR_pmpaddr0);
    const uint64_t cfg = machine_get(m, RV_CSR + CSR_pmpcfg0 + n / 8 * 2) >> n % 8 * 8;
    struct about_rule rule;
    bool any = riscv_about_rule(m, n, &rule);
    if (any)
        snprintf(out, size, "0x%llx (%s 0x%llx-0x%llx)", (unsigned long long)v, matching[bits_get(cfg, 3, 2)],
                 (unsigned long long)rule.first, (unsigned long long)rule.last);
    else
        snprintf(out, size, "0x%llx (%s, 0x%llx)", (unsigned long long)v, matching[bits_get(cfg, 3, 2)], (unsigned long long)v << 2);
}

static void cause_text(const struct machine *m, uint64_t value, char *out, size_t size)
{
    const uint64_t cause = bits_get(value, 0, RV_CAUSE_INTERRUPT);
    const struct about_trap *t = about_trap(m->isa, bit_get(value, 63), cause);
    if (t)
        snprintf(out, size, "%llu (%s)", (unsigned long long)cause, t->name);
    else
        snprintf(out, size, "%llu (%s %llu)", (unsigned long long)cause,
                 bit_get(value, RV_CAUSE_INTERRUPT) ? "interrupt" : "exception", (unsigned long long)cause);
}

static void letters_text(uint64_t v, char *out, size_t size)
{
    size_t n = 0;
    for (unsigned i = 0; i < 26 && n + 1 < size; i++)
        if (bit_get(v, i))
            out[n++] = (char)('A' + i);
    out[n] = '\0';
}

/* The v-th of the names; "" when there is none.
 * Of "Off,Initial,Clean,Dirty" number 2 is "Clean". A value without a name is printed as a number alone. */
static size_t named(const char **names, uint64_t v)
{
    for (; v; v--) {
        *names += strcspn(*names, ",");
        if (!**names)
            return 0;
        ++*names;
    }
    return strcspn(*names, ",");
}

/* `values` of a part is a list of names, or a word that says how it is printed: cause, letters (misa), rule, range,
 * x or x4. */
const char *riscv_about_part_text(const struct machine *m, reg_t r, const struct about_part *p, uint64_t value,
                                  char out[ABOUT_PART_TEXT])
{
    uint64_t v = bits_get(value, p->low, p->width);
    const char *names = p->values;
    if (strcmp(names, "cause") == 0) {
        cause_text(m, value, out, ABOUT_PART_TEXT);
    } else if (strcmp(names, "letters") == 0) {
        letters_text(v, out, ABOUT_PART_TEXT);
    } else if (strcmp(names, "rule") == 0) {
        rule_text(v, out, ABOUT_PART_TEXT);
    } else if (strcmp(names, "range") == 0) {
        range_text(m, r, v, out, ABOUT_PART_TEXT);
    } else if (names[0] == 'x' && (!names[1] || names[1] == '4')) { /* x4: the address without its two lowest bits */
        snprintf(out, ABOUT_PART_TEXT, "0x%llx", (unsigned long long)(names[1] ? v << 2 : v));
    } else {
        size_t n = named(&names, v);
        snprintf(out, ABOUT_PART_TEXT, n ? "%llu (%.*s)" : "%llu", (unsigned long long)v, (int)n, names);
    }
    return out;
}
