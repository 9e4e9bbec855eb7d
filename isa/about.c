/* about.c - see about.h: what an instruction set does not say means the same for all. */
#include "isa/about.h"

#include <string.h>
#include <strings.h>

/* A set without answers has an empty table, so that nobody below has to ask whether there is one. */
const struct about *about_of(const struct isa *isa)
{
    static const struct about nothing = {0};
    return isa->about ? isa->about : &nothing;
}

/* --- modes */

static const char *mode_of(const char *const *names, unsigned count, uint64_t mode)
{
    return names && mode < count && names[mode] ? names[mode] : "?";
}

/* "?" for a mode without a name, such as the hole between S and M of some sets. */
const char *about_mode(const struct isa *isa, uint64_t mode) { return mode_of(about_of(isa)->modes, about_of(isa)->mode_count, mode); }

const char *about_long_mode(const struct isa *isa, uint64_t mode)
{
    return mode_of(about_of(isa)->long_modes, about_of(isa)->mode_count, mode);
}

const char *about_said_mode(const struct isa *isa, uint64_t mode)
{
    return mode_of(about_of(isa)->said_modes, about_of(isa)->mode_count, mode);
}

const char *about_modes(const struct isa *isa) { return about_of(isa)->modes_listed ? about_of(isa)->modes_listed : "none"; }

bool about_mode_find(const struct isa *isa, const char *name, unsigned *mode)
{
    const struct about *a = about_of(isa);
    for (*mode = 0; *mode < a->mode_count; ++*mode)
        if (a->modes[*mode] && strcasecmp(a->modes[*mode], name) == 0)
            return true;
    return false;
}

/* --- traps */

const struct about_trap *about_trap(const struct isa *isa, bool is_interrupt, uint64_t cause)
{
    const struct about *a = about_of(isa);
    for (unsigned i = 0; i < a->trap_count; i++)
        if (a->traps[i].is_interrupt == is_interrupt && a->traps[i].cause == cause)
            return &a->traps[i];
    return NULL;
}

const char *about_trap_value(const struct isa *isa, const struct trap *t, char out[ABOUT_TRAP_VALUE])
{
    if (about_of(isa)->trap_value)
        about_of(isa)->trap_value(t, out, ABOUT_TRAP_VALUE);
    else
        snprintf(out, ABOUT_TRAP_VALUE, "tval 0x%llx", (unsigned long long)t->tval);
    return out;
}

const struct about_trap *about_trap_find(const struct isa *isa, const char *word)
{
    const struct about *a = about_of(isa);
    for (unsigned i = 0; i < a->trap_count; i++)
        if (strcmp(a->traps[i].word, word) == 0)
            return &a->traps[i];
    return NULL;
}

/* --- registers */

unsigned about_register(const struct isa *isa, const struct reg_desc *r)
{
    const struct about *a = about_of(isa);
    return a->of_register ? a->of_register(r) : ABOUT_INTEGER | ABOUT_STATE;
}

/* Tables are short and people are slow: all look-ups here go from the first entry to the last. */
const struct reg_desc *about_desc(const struct isa *isa, reg_t r)
{
    for (unsigned i = 0; i < isa->reg_count; i++)
        if (isa->regs[i].reg == r)
            return &isa->regs[i];
    return NULL;
}

const struct about_alias *about_alias(const struct isa *isa, const char *name)
{
    for (const struct about_alias *x = about_of(isa)->aliases; x && x->alias; x++)
        if (strcmp(x->alias, name) == 0)
            return x;
    return NULL;
}

/* An alias goes before a name, and stands for one name; letters count as they are. */
const struct reg_desc *about_register_find(const struct isa *isa, const char *name)
{
    const struct about_alias *alias = about_alias(isa, name);
    if (alias)
        name = alias->name;
    for (unsigned i = 0; i < isa->reg_count; i++)
        if (strcmp(isa->regs[i].name, name) == 0 || (isa->regs[i].alt && strcmp(isa->regs[i].alt, name) == 0))
            return &isa->regs[i];
    return NULL;
}

const struct about_calls *about_calls(const struct isa *isa) { return about_of(isa)->calls; }

bool about_numbered(const struct isa *isa, unsigned number, reg_t *reg)
{
    const struct about *a = about_of(isa);
    return a->numbered && a->numbered(number, reg);
}

uint64_t about_user_mode(const struct isa *isa) { return about_of(isa)->user_mode; }

uint64_t about_stack(const struct machine *m)
{
    const struct about *a = about_of(m->isa);
    return a->has_stack ? machine_get(m, a->stack) : 0;
}

/* --- addresses of two parts */

va_t about_place(const struct machine *m, reg_t r)
{
    const struct about *a = about_of(m->isa);
    return a->place ? a->place(m, r) : machine_get(m, r);
}

va_t about_pc(const struct machine *m) { return about_place(m, MACHINE_PC); }

/* The inverse of about_place(): which value the register has to get so that it comes to the address. What is added
 * is what a segment's base is now. */
uint64_t about_offset(const struct machine *m, reg_t r, va_t address) { return address - (about_place(m, r) - machine_get(m, r)); }

bool about_is_far(const struct isa *isa) { return about_of(isa)->far; }

bool about_far(const struct machine *m, uint64_t selector, uint64_t offset, uint64_t *address)
{
    const struct about *a = about_of(m->isa);
    return a->far && a->far(m, selector, offset, address);
}

/* --- registers in their parts */

unsigned about_parts(const struct machine *m, reg_t r, struct about_part out[ABOUT_PARTS])
{
    return about_of(m->isa)->parts ? about_of(m->isa)->parts(m, r, out) : 0;
}

bool about_is_whole(const struct isa *isa, reg_t r) { return about_of(isa)->is_whole && about_of(isa)->is_whole(r); }

const char *about_part_text(const struct machine *m, reg_t r, const struct about_part *p, uint64_t value, char out[ABOUT_PART_TEXT])
{
    const struct about *a = about_of(m->isa);
    *out = '\0';
    return a->part_text ? a->part_text(m, r, p, value, out) : out;
}

/* --- interrupts */

const struct about_line *about_line(const struct isa *isa, unsigned index)
{
    return index < about_of(isa)->line_count ? &about_of(isa)->lines[index] : NULL;
}

const struct about_line *about_line_find(const struct isa *isa, unsigned line)
{
    for (unsigned i = 0; i < about_of(isa)->line_count; i++)
        if (about_of(isa)->lines[i].line == line)
            return &about_of(isa)->lines[i];
    return NULL;
}

void about_interrupt(const struct machine *m, unsigned line, struct about_interrupt *out)
{
    *out = (struct about_interrupt){0};
    if (about_of(m->isa)->interrupt)
        about_of(m->isa)->interrupt(m, line, out);
}

int about_next_interrupt(const struct machine *m)
{
    return about_of(m->isa)->next_interrupt ? about_of(m->isa)->next_interrupt(m) : -1;
}

void about_interrupt_way(const struct machine *m, unsigned line, uint64_t mode, char *out, size_t size)
{
    *out = '\0';
    if (about_of(m->isa)->interrupt_way)
        about_of(m->isa)->interrupt_way(m, line, mode, out, size);
}

void about_interrupt_source(const struct machine *m, unsigned line, struct about_source *out)
{
    *out = (struct about_source){.kind = SOURCE_SAID, .text = "it was raised"};
    if (about_of(m->isa)->interrupt_source)
        about_of(m->isa)->interrupt_source(m, line, out);
}

/* --- instructions */

unsigned about_cell(const struct isa *isa) { return about_of(isa)->cell ? about_of(isa)->cell : 1; }
unsigned about_parcel(const struct isa *isa) { return about_of(isa)->parcel ? about_of(isa)->parcel : about_cell(isa); }

enum about_flow about_flow(const struct machine *m, insn_t bits)
{
    const struct about *a = about_of(m->isa);
    unsigned length, row = machine_decode(m, bits, &length);
    return a->flow && row != INSN_NONE ? a->flow(row, bits) : FLOW_OTHER;
}

struct insn_desc about_row(const struct machine *m, unsigned row)
{
    const struct about *a = about_of(m->isa);
    return a->row ? a->row(m->config, row) : m->isa->rows[row];
}

/* Where the set does not say: what traps or is sensitive may, what is neither cannot. */
bool about_changes_mode(const struct machine *m, unsigned row)
{
    const struct about *a = about_of(m->isa);
    const struct insn_desc d = about_row(m, row);
    return a->changes_mode ? a->changes_mode(row) : d.traps != TRAPS_NEVER || d.sensitive;
}

bool about_leads_to_mode(const struct machine *m, unsigned row, uint64_t mode)
{
    const struct about *a = about_of(m->isa);
    return about_changes_mode(m, row) && (!a->leads_to_mode || a->leads_to_mode(m, row, mode));
}

/* In a handler: the mode that the trap came from, where the machine remembers it; else the one that it is in. */
uint64_t about_mode_before(const struct machine *m)
{
    const struct about *a = about_of(m->isa);
    return a->mode_before ? a->mode_before(m) : machine_get(m, MACHINE_MODE);
}

bool about_named(const struct machine *m, insn_t bits, struct about_named *out)
{
    const struct about *a = about_of(m->isa);
    unsigned length, row = machine_decode(m, bits, &length);
    *out = (struct about_named){0};
    return a->named && row != INSN_NONE && a->named(row, bits, out);
}

unsigned about_shows(const struct machine *m, insn_t bits, struct machine_touch *out, unsigned room)
{
    unsigned length, row = machine_decode(m, bits, &length);
    return row == INSN_NONE || !about_of(m->isa)->shows ? 0 : about_of(m->isa)->shows(row, bits, out, room);
}

bool about_orders(const struct machine *m, insn_t bits, struct fence *out)
{
    const struct about *a = about_of(m->isa);
    unsigned length, row = machine_decode(m, bits, &length);
    *out = (struct fence){0};
    return a->orders && row != INSN_NONE && a->orders(m, row, bits, out);
}

/* The other way round from about_named(): the bits that instructions of a row have which name this register, for a
 * trigger by opcode. */
bool about_naming(const struct isa *isa, unsigned row, reg_t r, insn_t *match, insn_t *mask)
{
    const struct about *a = about_of(isa);
    return a->naming && a->naming(row, r, match, mask);
}

const struct about_table *about_table(const struct isa *isa, const char *word)
{
    const struct about_table *t = about_of(isa)->tables;
    while (t && t->word && strcmp(t->word, word) != 0)
        t++;
    return t && t->word ? t : NULL;
}

bool about_syntax_find(const struct isa *isa, const char *name, unsigned *syntax)
{
    const char *const *s = about_of(isa)->syntaxes;
    unsigned n = 0;
    while (s && s[n] && strcmp(s[n], name) != 0)
        n++;
    if (!s || !s[n])
        return false;
    *syntax = n;
    return true;
}
