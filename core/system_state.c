/* system_state.c - what decides the course of a system, as bytes: registers, devices, firmware, the driver's own counts.
 *
 * Of the machine only the contract is used, so the bytes say nothing of how it is made: what was saved from a bare machine can be
 * restored on a virtual one. Registers are set as the most privileged software sets them, of a machine just reset, from the end of
 * the table back: so of RISC-V PMP addresses come before the locks on them, mip before menvcfg, M-mode's before S-mode's view of them.
 * Then they must read as they were saved, or the machine is not of that kind.
 */
#include "core/htif.h"
#include "core/sbi.h"
#include "isa/insn.h"
#include <assert.h>
#include <errno.h>
#include <stdio.h>

enum { REGISTERS_MAX = 512 };

/* The board sets them again.
 * The bytes, in the order in which they are saved, restored and compared:
 *
 *    each hart       number of registers; of each its number and value; clock; count of retired instructions
 *    several harts   whose turn, round, slice, who waits
 *    the driver      how it ended, if so; counts; when to poll; HTIF's announced store; the loop guard; events scheduled so far
 *    the board       its devices, each by its own state function
 *    firmware, HTIF  a byte each: is there one? and if so, its state
 */
static void lines_lower(struct machine *m)
{
    for (uint64_t left = m->isa->lines; left; left &= left - 1)
        machine_irq(m, (unsigned)__builtin_ctzll(left), false);
}

/* The table's registers that this machine has. */
static unsigned registers_of(const struct machine *m, reg_t out[REGISTERS_MAX])
{
    unsigned count = 0;
    assert(m->isa->reg_count <= REGISTERS_MAX);
    for (unsigned n = 0; n < m->isa->reg_count; n++)
        if (machine_has(m, m->isa->regs[n].reg))
            out[count++] = m->isa->regs[n].reg;
    return count;
}

static const char *name_of(const struct isa *isa, reg_t reg)
{
    for (unsigned n = 0; n < isa->reg_count; n++)
        if (isa->regs[n].reg == reg)
            return isa->regs[n].name;
    return "?";
}

/* With all lines low.
 * Bits that wires drive are not part of what a register holds: with the lines low, or by what was written to it. */
static uint64_t register_get(struct machine *m, reg_t reg) { return m->isa->written ? m->isa->written(m, reg) : machine_get(m, reg); }

/* NULL, or the name of a register that does not take its value.
 * Twice over the list: setting one register may change another, so that values are compared when all are set. */
static const char *registers_set(struct machine *m, const reg_t *reg, const uint64_t *value, unsigned count)
{
    for (unsigned n = count; n-- > 0;)
        machine_set(m, reg[n], value[n]);
    for (unsigned n = 0; n < count; n++)
        if (register_get(m, reg[n]) != value[n])
            return name_of(m->isa, reg[n]);
    return NULL;
}

static void clocks_state(struct machine *m, struct state *s)
{
    uint64_t clock = machine_get(m, MACHINE_CLOCK), retired = machine_get(m, MACHINE_RETIRED);
    state_u64(s, &clock);
    state_u64(s, &retired);
    if (!s->restoring || s->failed)
        return;
    machine_reset(m); /* which also opens what is locked */
    machine_set(m, MACHINE_CLOCK, clock);
    machine_set(m, MACHINE_RETIRED, retired);
}

/* All registers, with every line low. *wrong: the register that did not take its value, if there is one. */
static void machine_state(struct machine *m, struct state *s, const char **wrong)
{
    reg_t reg[REGISTERS_MAX];
    uint64_t value[REGISTERS_MAX];
    uint32_t count = registers_of(m, reg), saved = count;
    *wrong = NULL;
    lines_lower(m);
    state_u32(s, &saved);
    state_refuse_unless(s, saved == count);
    for (unsigned n = 0; n < count; n++) {
        uint32_t number = reg[n];
        value[n] = register_get(m, reg[n]);
        state_u32(s, &number);
        state_refuse_unless(s, number == reg[n]);
        state_u64(s, &value[n]);
    }
    clocks_state(m, s);
    if (s->restoring && !s->failed)
        *wrong = registers_set(m, reg, value, count);
    state_refuse_unless(s, !*wrong);
}

static void driver_state(struct system *s, struct state *state)
{
    unsigned end = s->result.end;
    state_unsigned(state, &end, END_QUIT + 1);
    s->result.end = (enum system_end)end;
    state_bytes(state, &s->result.status, sizeof s->result.status);
    state_bytes(state, s->result.why, sizeof s->result.why);
    state_refuse_unless(state, s->result.why[sizeof s->result.why - 1] == '\0');
    s->waiting = s->waiting && !s->held;
    s->held = false;
    state_bool(state, &s->ended);
    state_bool(state, &s->waiting);
    state_u64(state, &s->retired);
    state_u64(state, &s->resets);
    state_u64(state, &s->traps_delivered);
    state_u64(state, &s->next_poll);
    state_bool(state, &s->htif_stores);
    state_u64(state, &s->htif_retired);
    state_u64(state, &s->loop_retired);
    state_unsigned(state, &s->loop_count, UINT32_MAX);
    state_u64(state, &s->clock.scheduled);
}

/* Of several harts: whose turn it is, and which of the others wait. */
static void turns_state(struct system *s, struct state *state)
{
    if (s->harts == 1)
        return;
    state_unsigned(state, &s->at, s->harts);
    state_u64(state, &s->round);
    state_u64(state, &s->slice);
    state_refuse_unless(state, s->slice > 0);
    for (unsigned n = 0; n < s->harts; n++)
        state_bool(state, &s->hart[n].waiting);
    if (s->at < s->harts)
        s->machine = s->hart[s->at].machine;
}

static void harts_state(struct system *s, struct state *state, const char **wrong)
{
    *wrong = NULL;
    for (unsigned n = 0; n < s->harts && !*wrong; n++)
        machine_state(system_hart(s, n), state, wrong);
    turns_state(s, state);
}

/* A system that was reset has neither firmware nor HTIF. */
static void firmware_part(struct system *s, struct state *state)
{
    bool there = s->firmware;
    state_bool(state, &there);
    if (!there) {
        firmware_destroy(s->firmware);
        s->firmware = NULL;
    } else if (!s->firmware && !state->failed) {
        state->failed = firmware_create(&s->firmware, s) != 0;
    }
    if (s->firmware)
        firmware_state(s->firmware, state);
}

static void htif_part(struct system *s, struct state *state)
{
    bool there = s->htif;
    state_bool(state, &there);
    if (!there) {
        htif_destroy(s->htif);
        s->htif = NULL;
    } else if (!s->htif && !state->failed) {
        state->failed = htif_create(&s->htif, s, 0, 0) != 0;
    }
    if (s->htif)
        htif_state(s->htif, state);
}

/* The time of day is in the harts' clocks, and events and lines depend on it: registers come first. */
static void system_state(struct system *s, struct state *state, const char **wrong)
{
    harts_state(s, state, wrong);
    driver_state(s, state);
    board_state(s->board, state);
    firmware_part(s, state);
    htif_part(s, state);
    board_drive_lines(s->board);
}

int system_save(struct system *s, struct state *out)
{
    const char *wrong;
    *out = state_save();
    system_state(s, out, &wrong);
    if (!out->failed)
        return 0;
    state_free(out);
    return -ENOMEM;
}

/* A restore that failed half way must not be seen: what was saved before it goes back. */
static void put_back(struct system *s, struct state *before)
{
    const char *wrong;
    struct state back = state_restore(before->bytes, before->size);
    system_state(s, &back, &wrong);
    if (back.failed) /* firmware that had to be made anew, and there was no memory for it */
        system_end(s, END_STOPPED, 0, "the host has no memory to put the system back as it was");
}

int system_restore(struct system *s, const void *bytes, size_t size, struct error *e)
{
    struct state before, state = state_restore(bytes, size);
    const char *wrong;
    if (system_save(s, &before) != 0)
        return error_set(e, ENOMEM, "the host has no memory to restore a state");
    system_state(s, &state, &wrong);
    bool fine = !state.failed && state.at == size;
    if (!fine)
        put_back(s, &before);
    state_free(&before);
    if (wrong)
        return error_set(e, EINVAL, "the machine's register %s cannot hold what was saved of it: that was another kind of machine",
                         wrong);
    return fine ? 0 : error_set(e, EINVAL, "the state that was saved is not one of such a system");
}
