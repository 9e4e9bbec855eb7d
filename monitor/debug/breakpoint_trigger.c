/* breakpoint_trigger.c - what of the machine's triggers a breakpoint needs.
 *
 * A place is one trigger by address. What an instruction is, the CSR that it names or its class, is triggers by opcode, one for each
 * row of the instruction table; where a row says too little (of a CSR access the CSR decides the class) the debugger looks when it is met. A
 * mode changes by traps, which are told anyway, and by a few instructions, of which the debugger then executes one.
 */
#include "monitor/debug/debugger_private.h"

#include <errno.h>
#include <string.h>

/* Some instruction of the row may be privileged or sensitive, by the claims of the tables. */
static bool row_has_class(const struct machine *m, unsigned row)
{
    const struct insn_desc d = about_row(m, row);
    return d.traps != TRAPS_NEVER || d.sensitive;
}

bool breakpoint_by_opcode(const struct breakpoint *b)
{
    return b->kind == BREAK_CSR || b->kind == BREAK_CLASS || b->kind == BREAK_MODE;
}

/* By the tables' claims, which may be wider than what is measured: a row too many costs a look when it is met, one too
 * few would miss. */
static bool row_wanted(const struct machine *m, const struct breakpoint *b, unsigned row)
{
    switch (b->kind) {
    case BREAK_CLASS: return row_has_class(m, row);
    case BREAK_MODE: return about_changes_mode(m, row);
    default: return false;
    }
}

/* A trigger by opcode is a mark in decoded code: an instruction fires it where (bits & mask) == match. For a row that is
 * its encoding in the table; for a CSR the number of the CSR is added to it, so that only the instructions that name
 * this one are marked:
 *
 *     row     mask 0x0000707f   match 0x00001073          any CSR
 *     CSR c   mask 0xfff0707f   match 0x00001073 | c << 20 */
static unsigned by_opcode(const struct machine *m, const struct breakpoint *b, struct trigger out[BREAK_TRIGGERS])
{
    unsigned n = 0;
    for (unsigned row = 0; row < m->isa->row_count && n < BREAK_TRIGGERS; row++) {
        const struct insn_desc *d = &m->isa->rows[row];
        struct trigger t = {.kinds = TRIGGER_OPCODE, .bits = d->match, .mask = d->mask};
        if (b->kind == BREAK_CSR ? about_naming(m->isa, row, b->csr, &t.bits, &t.mask) : row_wanted(m, b, row))
            out[n++] = t;
    }
    return n;
}

/* Addresses of three kinds, as a person gives them, become what the machine compares:
 *
 *     virtual      an address in cells stays; the length, in bytes, becomes cells
 *     physical     an address in cells becomes bytes; the length stays in bytes, of whole cells
 *     port n       the physical address n + ports, where accesses to ports are reported (struct about) */
static unsigned by_address(const struct debugger *d, const struct breakpoint *b, struct trigger *out)
{
    static const unsigned kinds[] = {[BREAK_EXECUTE] = TRIGGER_EXECUTE,
                                     [BREAK_WRITE] = TRIGGER_STORE,
                                     [BREAK_READ] = TRIGGER_LOAD,
                                     [BREAK_ACCESS] = TRIGGER_LOAD | TRIGGER_STORE,
                                     [BREAK_PORT] = TRIGGER_LOAD | TRIGGER_STORE};
    *out = (struct trigger){.kinds = kinds[b->kind], .physical = b->physical, .at = b->address, .length = b->length ? b->length : 1};
    if (b->kind == BREAK_PORT) {
        out->physical = true;
        out->at += about_of(debugger_isa(d))->ports;
        return 1;
    }
    const unsigned cell = debugger_cell(d); /* virtual addresses are of cells, physical ones of bytes */
    out->length = align_up(out->length, cell) / (b->physical ? 1 : cell);
    out->at *= b->physical ? cell : 1;
    return 1;
}

static unsigned wanted(const struct debugger *d, const struct breakpoint *b, struct trigger out[BREAK_TRIGGERS])
{
    if (breakpoint_by_opcode(b))
        return by_opcode(debugger_guest(d), b, out);
    if (b->kind == BREAK_EXECUTE || b->kind == BREAK_PORT || (breakpoint_is_watch(b) && !b->watched))
        return by_address(d, b, out);
    return 0;
}

/* --- slots */

static bool has_slot(const struct breakpoint *b, unsigned slot)
{
    for (unsigned i = 0; i < b->slots; i++)
        if (b->slot[i] == slot)
            return true;
    return false;
}

/* A slot has one owner: put() gives out none that is in use. Numbered ones and internal ones share the slots of the
 * machine. */
struct breakpoint *breakpoints_of_slot(struct debugger *d, unsigned slot)
{
    struct breakpoint *lists[] = {d->breakpoints, d->internal};
    for (unsigned i = 0; i < 2; i++)
        for (struct breakpoint *b = lists[i]; b; b = b->next)
            if (has_slot(b, slot))
                return b;
    return NULL;
}

/* All harts or none. A breakpoint that only some of them know would stop the guest or not by whose turn it is; so what
 * was set before one refused is taken back. */
/* In the same slot of every hart; NULL: cleared. */
static bool set_everywhere(struct debugger *d, unsigned slot, const struct trigger *t)
{
    unsigned n = 0;
    while (n < d->system->harts && machine_trigger(system_hart(d->system, n), slot, t) == 0)
        n++;
    if (n == d->system->harts)
        return true;
    while (n > 0)
        (void)!machine_trigger(system_hart(d->system, --n), slot, NULL);
    return false;
}

static int put(struct debugger *d, struct breakpoint *b, const struct trigger *t, struct error *e)
{
    struct machine *m = debugger_guest(d);
    unsigned slot = 0,
             slots = m->trigger_slots > SYSTEM_TRIGGERS ? m->trigger_slots - SYSTEM_TRIGGERS : 0; /* the driver has the last */
    while (slot < slots && (has_slot(b, slot) || breakpoints_of_slot(d, slot)))
        slot++;
    if (slot == slots)
        return error_set(e, ENOSPC, "the machine has %u triggers, and all are in use: delete or disable a breakpoint", slot);
    if (!set_everywhere(d, slot, t))
        return error_set(e, EINVAL, "the machine can set no trigger at 0x%llx", (unsigned long long)b->address);
    b->slot[b->slots++] = (uint16_t)slot;
    return 0;
}

/* Likewise all of its triggers or none: then b->slots is 0 again, and the sentence says whether the machine has too few
 * or takes no such one. A breakpoint that is armed already stays as it is, for enabling twice is no mistake. */
int breakpoint_arm(struct debugger *d, struct breakpoint *b, struct error *e)
{
    struct trigger t[BREAK_TRIGGERS];
    int r = 0;
    if (b->slots)
        return 0;
    unsigned count = wanted(d, b, t);
    for (unsigned i = 0; i < count && r == 0; i++)
        r = put(d, b, &t[i], e);
    if (r)
        breakpoint_disarm(d, b);
    return r;
}

void breakpoint_disarm(struct debugger *d, struct breakpoint *b)
{
    while (b->slots)
        (void)!set_everywhere(d, b->slot[--b->slots], NULL); /* clearing one that was set succeeds */
}

/* --- modes */

bool breakpoints_want_mode(const struct debugger *d, unsigned mode)
{
    if (d->plan.until_mode && d->plan.mode == mode)
        return true;
    for (const struct breakpoint *b = d->breakpoints; b && !d->plan.quiet; b = b->next)
        if (b->kind == BREAK_MODE && b->enabled && b->mode == mode)
            return true;
    return false;
}

/* Of a machine that stands before an instruction: may it lead to a mode that somebody waits for, from another one? Then
 * it is run alone and the mode looked at behind it. The trigger has fired for any instruction that may change the mode;
 * most of them are let go here. */
bool breakpoints_want_step(struct debugger *d)
{
    const struct machine *m = debugger_guest(d);
    insn_t bits;
    uint64_t mode = machine_get(m, MACHINE_MODE);
    unsigned length, row;
    bool wanted = false;
    const unsigned modes = about_of(m->isa)->mode_count;
    for (unsigned other = 0; other < modes; other++)
        wanted |= other != mode && breakpoints_want_mode(d, other);
    if (!wanted || !debugger_fetch_guest(d, about_pc(m), &bits))
        return false;
    row = machine_decode(m, bits, &length);
    for (unsigned other = 0; row != INSN_NONE && other < modes; other++)
        if (other != mode && about_leads_to_mode(m, row, other) && breakpoints_want_mode(d, other))
            return true;
    return false;
}
