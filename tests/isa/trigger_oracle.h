/* trigger_oracle.h - which triggers a RISC-V program should meet, found without any: the program is run one instruction at a time, and
 * before each it is worked out from the registers what the instruction is about to do. Against that stands the log of a machine, bare
 * or virtual, that runs the same program with the triggers set, in slices of any size.
 */
#ifndef TRAPEZE_TESTS_ISA_TRIGGER_ORACLE_H
#define TRAPEZE_TESTS_ISA_TRIGGER_ORACLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "isa/riscv/decode.h"
#include "mmu/pt.h"

enum { WATCH_MOST = 32, WATCH_LOG = 1 << 16 };

struct watch_set {
    struct trigger t[WATCH_MOST];
    unsigned slot[WATCH_MOST]; /* ascending */
    unsigned count;
};

struct watch_report {
    uint64_t retired, pc, cause, tval, bits;
};

struct watch_log {
    struct watch_report at[WATCH_LOG];
    unsigned count;
    uint64_t retired, digest; /* of all other traps */
};

static inline void watch_add(struct watch_set *s, unsigned slot, struct trigger t)
{
    assert_true(s->count < WATCH_MOST && (s->count == 0 || s->slot[s->count - 1] < slot));
    s->slot[s->count] = slot;
    s->t[s->count++] = t;
}

/* All instructions of a row, or those with one register there where most have the destination. */
static inline struct trigger watch_row(const struct insn_desc *row, unsigned reg /* 32: any */)
{
    struct trigger t = {.kinds = TRIGGER_OPCODE, .bits = row->match, .mask = row->mask};
    if (reg < 32) {
        t.mask |= 31 << 7;
        t.bits = bits_set((uint64_t)t.bits, 7, 5, reg);
    }
    return t;
}

static inline void watch_install(const struct watch_set *s, struct machine *m)
{
    for (unsigned i = 0; i < s->count; i++)
        assert_int_equal(machine_trigger(m, s->slot[i], &s->t[i]), 0);
}

static inline void watch_report(struct watch_log *log, const struct watch_report *r)
{
    assert_true(log->count < WATCH_LOG);
    log->at[log->count++] = *r;
}

/* --- What an instruction is about to do */

struct watch_insn {
    uint64_t pc, bits;
    unsigned length;
    unsigned kinds, size; /* its access; kinds 0: none */
    va_t va;
    pa_t fetch_pa, pa[2]; /* of the fetch; of the access's parts, the second on the next page; UINT64_MAX: nowhere */
    unsigned parts;
};

static inline bool watch_pte(void *ctx, pa_t pa, uint64_t *pte) { return machine_load(ctx, pa, pte, sizeof *pte) == 0; }

static inline pa_t watch_translate(struct machine *m, va_t va, enum pt_kind kind)
{
    const uint64_t satp = machine_get(m, RV_CSR + CSR_satp), mode = machine_get(m, MACHINE_MODE);
    const uint64_t status = machine_get(m, RV_CSR + CSR_mstatus);
    const struct pt_access access = {.kind = kind,
                                     .user = mode == RV_U,
                                     .sum = bit_get(status, MSTATUS_SUM),
                                     .mxr = bit_get(status, MSTATUS_MXR),
                                     .update_ad = true};
    struct pt_walk w;

    if (mode == RV_M || satp >> 60 == 0)
        return va;
    pt_walk(satp >> 60 == 9 ? &pt_sv48 : &pt_sv39, bits_get(satp, 0, 44) << PAGE_SHIFT, va, &access, watch_pte, m, &w);
    return w.result == PT_OK ? w.pa : UINT64_MAX;
}

static inline void watch_kind(const struct insn_desc *row, struct watch_insn *i)
{
    static const struct {
        const char *name;
        unsigned kinds, size;
    } known[] = {
        {"lb", TRIGGER_LOAD, 1},   {"lbu", TRIGGER_LOAD, 1},   {"lh", TRIGGER_LOAD, 2},    {"lhu", TRIGGER_LOAD, 2},
        {"lw", TRIGGER_LOAD, 4},   {"lwu", TRIGGER_LOAD, 4},   {"ld", TRIGGER_LOAD, 8},    {"flw", TRIGGER_LOAD, 4},
        {"fld", TRIGGER_LOAD, 8},  {"sb", TRIGGER_STORE, 1},   {"sh", TRIGGER_STORE, 2},   {"sw", TRIGGER_STORE, 4},
        {"sd", TRIGGER_STORE, 8},  {"fsw", TRIGGER_STORE, 4},  {"fsd", TRIGGER_STORE, 8},  {"lr.w", TRIGGER_LOAD, 4},
        {"lr.d", TRIGGER_LOAD, 8}, {"sc.w", TRIGGER_STORE, 4}, {"sc.d", TRIGGER_STORE, 8},
    };
    const char *end = row->name + strlen(row->name);

    if (strncmp(row->name, "amo", 3) == 0) {
        i->kinds = TRIGGER_LOAD | TRIGGER_STORE;
        i->size = end[-1] == 'w' ? 4 : 8;
    }
    for (unsigned n = 0; n < sizeof known / sizeof *known; n++)
        if (strcmp(row->name, known[n].name) == 0) {
            i->kinds = known[n].kinds;
            i->size = known[n].size;
        }
}

static inline void watch_foresee(struct machine *m, struct watch_insn *i)
{
    const uint64_t pc = machine_get(m, MACHINE_PC);
    uint16_t half[2] = {0};
    struct rv_operands record;

    *i = (struct watch_insn){.pc = pc, .fetch_pa = watch_translate(m, pc, PT_FETCH)};
    if (i->fetch_pa == UINT64_MAX || machine_load(m, i->fetch_pa, &half[0], 2) != 0)
        return;
    const pa_t second = watch_translate(m, pc + 2, PT_FETCH);
    if ((half[0] & 3) == 3 && (second == UINT64_MAX || machine_load(m, second, &half[1], 2) != 0))
        return;
    i->bits = half[0] | (uint32_t)half[1] << 16;
    const unsigned row = isa_riscv.decode(m->config, 0, i->bits, &i->length);
    if (row == INSN_NONE)
        return;
    watch_kind(&isa_riscv.rows[rv_base_row(row)], i);
    if (!i->kinds)
        return;
    rv_decode_operands((uint32_t)i->bits, row, i->length, &record);
    i->va = machine_get(m, RV_X + record.rs1) + (uint64_t)(int64_t)record.imm;
    const enum pt_kind kind = i->kinds & TRIGGER_STORE ? PT_WRITE : PT_READ;
    const unsigned room = (unsigned)(PAGE_SIZE - (i->va & ~PAGE_MASK));
    i->parts = i->size > room ? 2 : 1;
    i->pa[0] = watch_translate(m, i->va, kind);
    i->pa[1] = i->parts == 2 ? watch_translate(m, i->va + room, kind) : UINT64_MAX;
}

/* --- What should be reported of it, in order */

static inline bool watch_has_byte(const struct trigger *t, uint64_t a) { return a >= t->at && a - t->at < t->length; }

static inline bool watch_meets(const struct trigger *t, unsigned kinds, bool physical, uint64_t at, unsigned size)
{
    bool any = false;
    for (unsigned n = 0; n < size; n++)
        any |= watch_has_byte(t, at + n);
    return any && (t->kinds & kinds) && t->physical == physical;
}

/* An access by physical address has two parts when it lies on two pages. */
static inline void watch_step(struct watch_log *log, const struct watch_set *s, const struct watch_insn *i, unsigned kinds,
                              bool physical)
{
    const bool fetch = kinds == TRIGGER_EXECUTE;
    const uint64_t at = fetch ? physical ? i->fetch_pa : i->pc : physical ? i->pa[0] : i->va;
    const unsigned size = fetch ? 1 : i->size, room = (unsigned)(PAGE_SIZE - (i->va & ~PAGE_MASK));
    const bool two = physical && !fetch && i->parts == 2;
    for (unsigned n = 0; at != UINT64_MAX && n < s->count; n++)
        if (watch_meets(&s->t[n], kinds, physical, at, two ? room : size) ||
            (two && watch_meets(&s->t[n], kinds, physical, i->pa[1], size - room)))
            watch_report(log, &(struct watch_report){.retired = log->retired,
                                                     .pc = i->pc,
                                                     .cause = s->slot[n],
                                                     .tval = fetch ? i->pc : i->va,
                                                     .bits = fetch            ? 0
                                                             : i->length == 2 ? i->bits & 0xffff
                                                                              : i->bits});
}

/* What was fetched, whether it is an instruction or not. */
static inline void watch_opcode(struct watch_log *log, const struct watch_set *s, uint64_t pc, uint64_t bits)
{
    for (unsigned n = 0; n < s->count; n++)
        if (s->t[n].kinds == TRIGGER_OPCODE && (bits & s->t[n].mask) == s->t[n].bits)
            watch_report(log, &(struct watch_report){.retired = log->retired, .pc = pc, .cause = s->slot[n], .tval = pc});
}

/* How far it came is in the trap that ended it; an interrupt may also come right after it. */
static inline void watch_expect(struct watch_log *log, const struct watch_set *s, const struct watch_insn *i, const struct trap *t,
                                bool retired)
{
    const bool fault = t->kind == TRAP_EXCEPTION;
    const bool no_fetch = fault && (t->cause == RV_CAUSE_FETCH_PAGE || t->cause == RV_CAUSE_FETCH_ACCESS);
    const bool no_data = fault && (t->cause == RV_CAUSE_LOAD_PAGE || t->cause == RV_CAUSE_STORE_PAGE ||
                                   t->cause == RV_CAUSE_LOAD_ACCESS || t->cause == RV_CAUSE_STORE_ACCESS);

    if (t->kind == TRAP_INTERRUPT && !retired)
        return;
    watch_step(log, s, i, TRIGGER_EXECUTE, false);
    if (no_fetch && t->tval == i->pc)
        return;
    watch_step(log, s, i, TRIGGER_EXECUTE, true);
    if (no_fetch)
        return;
    watch_opcode(log, s, i->pc, i->bits);
    if (fault && !no_data)
        return;
    watch_step(log, s, i, i->kinds, false);
    if (!no_data)
        watch_step(log, s, i, i->kinds, true);
}

/* --- Running */

static inline uint64_t watch_mix(uint64_t digest, uint64_t v) { return (digest ^ v) * UINT64_C(0x100000001b3) + (digest >> 29); }

/* What its owner does about a trap of the machine. false: it was the last, the exception `end`. */
static inline bool watch_serve(struct machine *m, const struct trap *t, uint64_t end, struct watch_log *log)
{
    const uint64_t seen[] = {t->kind, t->cause, t->tval, log->retired, machine_get(m, MACHINE_PC), machine_get(m, MACHINE_CLOCK)};

    if (t->kind == TRAP_BUDGET)
        return true;
    for (unsigned n = 0; n < sizeof seen / sizeof *seen; n++)
        log->digest = watch_mix(log->digest, seen[n]);
    if (t->kind == TRAP_EXCEPTION && t->cause == end)
        return false;
    if (t->kind == TRAP_WAIT)
        machine_set(m, MACHINE_CLOCK, machine_get(m, MACHINE_WAKE));
    else if (t->kind == TRAP_EXCEPTION || t->kind == TRAP_INTERRUPT)
        (void)machine_deliver(m, t);
    else
        assert_int_equal(t->kind, TRAP_YIELD);
    return true;
}

/* The oracle: `m` has no triggers. */
static inline void watch_by_steps(struct machine *m, const struct watch_set *s, uint64_t end, uint64_t most, struct watch_log *log)
{
    struct watch_insn insn;
    struct trap t = {0};

    log->count = 0;
    log->retired = log->digest = 0;
    do {
        uint64_t retired = 0;
        watch_foresee(m, &insn);
        t = machine_run(m, 1, &retired);
        watch_expect(log, s, &insn, &t, retired);
        log->retired += retired;
    } while (watch_serve(m, &t, end, log) && log->retired < most);
}

/* The machine that has the triggers, in slices of up to `slice`. */
static inline void watch_by_triggers(struct machine *m, uint64_t slice, uint64_t end, uint64_t most, struct watch_log *log)
{
    struct trap t = {.kind = TRAP_BUDGET};

    log->count = 0;
    log->retired = log->digest = 0;
    do {
        const uint64_t left = most - log->retired;
        t = machine_run(m, slice < left ? slice : left, &log->retired);
        if (t.kind == TRAP_TRIGGER) {
            watch_report(
                log, &(struct watch_report){
                         .retired = log->retired, .pc = machine_get(m, MACHINE_PC), .cause = t.cause, .tval = t.tval, .bits = t.bits});
            t.kind = TRAP_BUDGET;
        }
    } while (watch_serve(m, &t, end, log) && log->retired < most);
}

static inline void watch_compare(const struct watch_log *a, const struct watch_log *b)
{
    for (unsigned n = 0; n < a->count && n < b->count; n++)
        if (memcmp(&a->at[n], &b->at[n], sizeof a->at[n]) != 0)
            fail_msg("report %u: slot %llu at pc %#llx, tval %#llx, after %llu, bits %#llx; but slot %llu at pc %#llx, tval %#llx, "
                     "after %llu, bits %#llx",
                     n, (unsigned long long)a->at[n].cause, (unsigned long long)a->at[n].pc, (unsigned long long)a->at[n].tval,
                     (unsigned long long)a->at[n].retired, (unsigned long long)a->at[n].bits, (unsigned long long)b->at[n].cause,
                     (unsigned long long)b->at[n].pc, (unsigned long long)b->at[n].tval, (unsigned long long)b->at[n].retired,
                     (unsigned long long)b->at[n].bits);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->retired, b->retired);
    assert_int_equal(a->digest, b->digest);
}

#endif
