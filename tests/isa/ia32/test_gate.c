/* test_gate.c - the short way through a gate and back (gate.c) does what the full way does: the same case on two machines, one of which
 * takes the full way alone, of random tables, stacks, pages and flags; registers, traps and all memory are compared.
 */
#include "isa/ia32/gate.h"
#include "tests/isa/ia32/rig.h"

enum { CASES = 20000, DIRECTORY = 0x10000, TABLE = 0x11000, END = 0x12000, LENGTH = 2, HANDLER = RIG_FREE, OFFSET = 0x25678 };
enum { P = 1, W = 2, U = 4, AD = 0x60 };

struct pair {
    struct rig full, quick;
    uint64_t seed;
    unsigned entered, returned; /* by the short way */
};

static uint32_t any(struct pair *p)
{
    p->seed = p->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(p->seed >> 33);
}
static bool one_in(struct pair *p, unsigned n) { return any(p) % n == 0; }

/* --- the case: what is usual, then up to three things that are not */

struct situation {
    unsigned cpl, ring; /* from, to */
    uint8_t vector, gate, code, stack;
    unsigned code_flags, stack_flags;
    uint32_t limit, esp, esp_now, flags, cr0;
    uint16_t idt_limit, gdt_limit, tss_limit, selector;
    uint32_t page[3], pte[3];
    unsigned data[4], ss_rights;
    bool tss16, cold, inner_data, nested;
    struct trap trap;
    unsigned item;
    uint32_t in_item;
};

static void disturb(struct pair *p, struct situation *s)
{
    static const uint8_t types[] = {0x85, 0x86, 0x87, 0x8c, 0x8e, 0x8f, 0x0e, 0x9e, 0xee, 0xae};
    static const uint32_t edges[] = {0x8004, 0x8010, 0x8018, 0x9008, 0xa00c, 0xb002, 0x3, 0xffd};
    switch (any(p) % 18) {
    case 0: s->gate = types[any(p) % sizeof types]; break;
    case 1: s->code = (uint8_t)(one_in(p, 2) ? s->code ^ 1u << any(p) % 8 : any(p)); break;
    case 2: s->stack = (uint8_t)(one_in(p, 2) ? s->stack ^ 1u << any(p) % 8 : any(p)); break;
    case 3: s->code_flags = any(p) & 15; break;
    case 4: s->stack_flags = any(p) & 15; break;
    case 5: s->limit = any(p) & 0xfffff; break;
    case 6: s->esp = edges[any(p) % 8]; break;
    case 7: s->esp_now = edges[any(p) % 8]; break;
    case 8: s->flags ^= UINT32_C(1) << any(p) % 22; break;
    case 9: s->cr0 ^= CR0_AM; break;
    case 10: s->idt_limit = (uint16_t)(s->vector * 8 + any(p) % 9); break;
    case 11: s->gdt_limit = (uint16_t)(any(p) % 0x90); break;
    case 12: s->tss_limit = (uint16_t)(any(p) % 0x30); break;
    case 13: s->selector = (uint16_t)any(p) & 0xff; break;
    case 14: s->page[any(p) % 3] = any(p) % 12; break;
    case 15: s->tss16 = true; break;
    case 16: s->cold = true; break;
    default: s->ss_rights ^= 1u << any(p) % 16; break;
    }
}

static struct trap trap_of(struct pair *p, struct situation *s)
{
    static const uint8_t faults[] = {IA_PF, IA_GP, IA_UD, IA_DE, IA_AC, IA_DB};
    const unsigned kind = any(p) % 4;
    struct trap t = {.kind = TRAP_EXCEPTION, .cause = s->vector, .length = LENGTH, .reason = REASON_REQUESTED, .row = INSN_NONE};
    if (kind == 0) {
        t.kind = TRAP_INTERRUPT;
        t.reason = REASON_NONE;
        t.cause = s->vector = one_in(p, 4) ? IA_NMI : s->vector;
    } else if (kind == 1) {
        t.reason = REASON_RESOURCE;
        t.cause = s->vector = faults[any(p) % sizeof faults];
        t.error = ia_vector_has_error(s->vector) ? any(p) & 0xffff : 0;
        t.tval = s->vector == IA_DB ? DR6_BS : any(p);
    }
    return t;
}

static struct situation situation_of(struct pair *p)
{
    struct situation s = {.cpl = any(p) % 4, .vector = (uint8_t)(0x20 + any(p) % 0xe0), .limit = 0xfffff, .flags = EFLAGS_IF};
    s.ring = one_in(p, 4) ? s.cpl : any(p) % (s.cpl + 1);
    s.gate = (uint8_t)(0x8e | s.cpl << 5 | any(p) % 2);
    s.code = (uint8_t)(0x99 | s.ring << 5 | (any(p) & 2));
    s.stack = (uint8_t)(0x93 | s.ring << 5);
    s.code_flags = s.stack_flags = 0xc;
    s.esp = RIG_STACK + 0x1000 * s.ring + 0xff0;
    s.esp_now = RIG_STACK + 0x1000 * s.cpl + 0x800 + any(p) % 16;
    s.idt_limit = 256 * 8 - 1;
    s.gdt_limit = 64 * 8 - 1;
    s.tss_limit = 0x67;
    s.selector = (uint16_t)(HANDLER | s.ring);
    s.cr0 = CR0_PE | CR0_PG | (one_in(p, 2) ? CR0_WP : 0) | (one_in(p, 2) ? CR0_AM : 0);
    s.flags |= any(p) & (EFLAGS_STATUS | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_ID);
    s.flags |= one_in(p, 8) ? any(p) & (EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_AC) : 0;
    for (unsigned n = 0; n < 4; n++)
        s.data[n] = one_in(p, 8) ? 0 : any(p) % 4;
    for (unsigned n = 0; n < 3; n++)
        s.pte[n] = one_in(p, 2) ? P | W | AD : any(p) & (P | W | U | AD);
    s.inner_data = one_in(p, 2);
    s.item = any(p) % 8;
    s.in_item = one_in(p, 4) ? any(p) : one_in(p, 2) ? any(p) & 0xff : (one_in(p, 2) ? RIG_CODE : RIG_DATA) + 9 * (any(p) % 4);
    s.nested = one_in(p, 16);
    s.trap = trap_of(p, &s);
    for (unsigned n = any(p) % 4; n > 0; n--)
        disturb(p, &s);
    return s;
}

static void tables(struct rig *r, const struct situation *s)
{
    memset(ram_host(r->ram), 0, END);
    rig_tables(r);
    for (unsigned page = 0; page < 256; page++)
        rig_put(r, TABLE + 4 * page, 4, page << 12 | P | W | U | AD);
    rig_put(r, DIRECTORY, 4, TABLE | P | W | U | AD);
    rig_gate(r, RIG_IDT + 8u * s->vector, s->selector, OFFSET, s->gate, 0);
    rig_descriptor(r, RIG_GDT + HANDLER, 0, s->limit, s->code, s->code_flags);
    rig_descriptor(r, RIG_GDT + RIG_DATA + 8 * s->ring, 0, 0xfffff, s->stack, s->stack_flags);
    rig_put(r, RIG_TSS + 4 + 8 * s->ring, 4, s->esp);
}

/* Both TLBs know the same pages. */
static void warm(struct rig *r)
{
    uint64_t v;
    for (uint32_t page = 0; page < 12; page++) {
        for (unsigned by = 0; by < 2; by++)
            if (ia_load_linear(r->c, page << 12, 4, by, &v) && ia_store_linear(r->c, page << 12, 4, by, v))
                continue; /* what may not be written is not known so */
    }
}

static void arrange(struct rig *r, const struct situation *s)
{
    struct ia_cpu *c = r->c;
    tables(r, s);
    rig_ring(r, s->cpl);
    c->cr0 = s->cr0;
    c->cr3 = DIRECTORY;
    tlb_flush_all(&c->tlb);
    ia_context_changed(c);
    for (unsigned n = 0; n < 3; n++)
        if (s->page[n])
            rig_put(r, TABLE + 4 * s->page[n], 4, s->page[n] << 12 | s->pte[n]);
    if (!s->cold)
        warm(r);
    for (unsigned n = 0; n < 4; n++)
        if (s->data[n] >= s->cpl)
            rig_load(r, IA_DS + n == IA_SEGS ? IA_ES : IA_DS + n, (uint16_t)(RIG_DATA + 9 * s->data[n]));
    c->seg[IA_SS].rights ^= s->ss_rights;
    c->idtr.limit = s->idt_limit;
    c->gdtr.limit = s->gdt_limit;
    c->tr.limit = s->tss_limit;
    c->tr.rights ^= s->tss16 ? IA_TYPE_32 : 0u;
    c->r[IA_ESP] = s->esp_now;
    c->cr2 = c->dr[6] = 0;
    c->nmi_masked = c->rf_loaded = false;
    c->attention = 0;
    ia_flags_set(c, s->flags & ~(uint32_t)EFLAGS_VM, UINT32_MAX);
    ia_context_changed(c);
}

/* --- comparisons */

static void expect_same(const struct pair *p)
{
    const struct ia_cpu *f = p->full.c, *q = p->quick.c;
    assert_memory_equal(f->r, q->r, sizeof f->r);
    assert_memory_equal(f->dr, q->dr, sizeof f->dr);
    for (unsigned n = 0; n < IA_DESCRIBED; n++) {
        assert_int_equal(f->described[n].selector, q->described[n].selector);
        assert_int_equal(f->described[n].base, q->described[n].base);
        assert_int_equal(f->described[n].limit, q->described[n].limit);
        assert_int_equal(f->described[n].rights, q->described[n].rights);
    }
    assert_int_equal(ia_flags_get(f), ia_flags_get(q));
    assert_int_equal(f->cpl, q->cpl);
    assert_int_equal(f->eip, q->eip);
    assert_int_equal(f->next, q->next);
    assert_int_equal(f->cr2, q->cr2);
    assert_int_equal(f->nmi_masked, q->nmi_masked);
    assert_int_equal(f->rf_loaded, q->rf_loaded);
    assert_int_equal(f->flat, q->flat);
    assert_int_equal(f->context, q->context);
    assert_int_equal(f->attention, q->attention);
    assert_true((f->space == f->implicit) == (q->space == q->implicit));
    assert_int_equal(memcmp(ram_host(p->full.ram), ram_host(p->quick.ram), END), 0);
}

static void expect_same_trap(const struct trap *f, const struct trap *q)
{
    assert_int_equal(f->kind, q->kind);
    assert_int_equal(f->cause, q->cause);
    assert_int_equal(f->error, q->error);
    assert_int_equal(f->reason, q->reason);
    assert_true(f->tval == q->tval);
    assert_int_equal(f->during, q->during);
}

/* --- there and back */

static bool deliver(struct pair *p, struct trap t)
{
    struct trap quick = t;
    for (unsigned n = 0; n < 4; n++) {
        const enum delivery a = ia_deliver(&p->full.c->machine, &t), b = ia_deliver(&p->quick.c->machine, &quick);
        assert_int_equal(a, b);
        expect_same_trap(&t, &quick);
        expect_same(p);
        if (a != DELIVERY_TRAPPED)
            return a == DELIVERED;
    }
    return false;
}

/* One of the two ways alone. false: it was refused, and the machine is as it was. */
static bool shortly(struct rig *r, const struct ia_event *e)
{
    unsigned char before[offsetof(struct ia_cpu, tlb)];
    memcpy(before, r->c, sizeof before);
    if (e ? ia_gate_enter(r->c, e) : ia_gate_return(r->c)) {
        r->c->attention |= IA_ATTEND_EVENT;
        return true;
    }
    assert_memory_equal(before, r->c, sizeof before);
    return false;
}

/* INT n, so that what is delivered is easily said here. */
static bool enter(struct pair *p, const struct situation *s)
{
    struct trap t = s->trap;
    const struct ia_cpu *c = p->quick.c;
    const struct ia_event e = {.vector = s->vector, .asked = true, .eip = c->eip + LENGTH, .flags = ia_flags_get(c)};
    if (t.reason != REASON_REQUESTED || !shortly(&p->quick, &e))
        return deliver(p, t);
    p->entered++;
    assert_int_equal(ia_deliver(&p->full.c->machine, &t), DELIVERED);
    expect_same(p);
    return true;
}

/* A handler's data segments. */
static void load_inner(struct pair *p)
{
    for (unsigned seg = IA_DS; seg < IA_GS; seg++) {
        rig_load(&p->full, seg, RIG_DATA);
        rig_load(&p->quick, seg, RIG_DATA);
    }
    ia_context_changed(p->full.c);
    ia_context_changed(p->quick.c);
}

/* The handler's IRET, or one of what was changed on its stack. */
static void back(struct pair *p, const struct situation *s)
{
    const ia_insn i = rig_insn(0, 0);
    const uint32_t at = p->full.c->r[IA_ESP] + 4 * s->item;
    if (s->item < 5 && at < RIG_RAM - 4) {
        rig_put(&p->full, at, 4, s->in_item);
        rig_put(&p->quick, at, 4, s->in_item);
    }
    const bool done = ia_body_iret(p->full.c, &i), quick = shortly(&p->quick, NULL);
    p->quick.c->nmi_masked &= !quick;
    p->returned += quick;
    assert_int_equal(done, quick || ia_body_iret(p->quick.c, &i));
    if (!done)
        expect_same_trap(&p->full.c->trap, &p->quick.c->trap);
    expect_same(p);
}

static void short_is_full(void **state)
{
    struct pair p = {.seed = 1};
    (void)state;
    rig_open(&p.full);
    rig_open(&p.quick);
    p.full.c->options.kind = ENGINE_simple;
    for (unsigned n = 0; n < CASES; n++) {
        const struct situation s = situation_of(&p);
        arrange(&p.full, &s);
        arrange(&p.quick, &s);
        const bool delivered = n % 2 ? enter(&p, &s) : deliver(&p, s.trap);
        if (!delivered)
            continue;
        if (s.inner_data)
            load_inner(&p);
        ia_flags_set(p.full.c, s.nested ? EFLAGS_NT : 0, EFLAGS_NT);
        ia_flags_set(p.quick.c, s.nested ? EFLAGS_NT : 0, EFLAGS_NT);
        if (s.trap.error && ia_vector_has_error(s.vector))
            p.full.c->r[IA_ESP] = p.quick.c->r[IA_ESP] += 4;
        back(&p, &s);
    }
    print_message("%u cases: %u events entered and %u returns were short\n", CASES, p.entered, p.returned);
    assert_in_range(p.entered, CASES / 16, CASES);
    assert_in_range(p.returned, CASES / 8, CASES);
    rig_close(&p.full);
    rig_close(&p.quick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(short_is_full)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
