/* rig.h - an IA-32 CPU in protected mode with flat segments of every ring, tables to write into, and instructions made by hand.
 *
 *   0x1000 GDT, 64 entries   0x2000 IDT, 256   0x3000 LDT, 64   0x4000 task state   0x5000 another   0x8000 .. 0xbfff stacks of rings 0 to 3
 */
#ifndef TRAPEZE_TESTS_ISA_IA32_RIG_H
#define TRAPEZE_TESTS_ISA_IA32_RIG_H

#include "isa/ia32/bodies.h"
#include "isa/ia32/segment.h"
#include "isa/ia32/system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RIG_GDT = 0x1000, RIG_IDT = 0x2000, RIG_LDT = 0x3000, RIG_TSS = 0x4000, RIG_TSS_B = 0x5000, RIG_RAM = 0x100000 };
/* Selectors of the GDT. Code and data of ring n: RIG_CODE + 8 * n | n, RIG_DATA + 8 * n | n. RIG_FREE and what follows are the test's. */
enum { RIG_CODE = 0x08, RIG_DATA = 0x28, RIG_SEL_TSS = 0x48, RIG_SEL_LDT = 0x50, RIG_SEL_TSS_B = 0x58, RIG_FREE = 0x80 };
enum { RIG_STACK = 0x8000 }; /* of ring n the top is RIG_STACK + 0x1000 * n + 0xff0 */

struct rig {
    struct ram *ram;
    struct phys *phys;
    struct ia_cpu *c;
};

static inline uint32_t rig_get(const struct rig *r, pa_t at, unsigned size)
{
    uint32_t v = 0;
    assert_int_equal(phys_read(r->phys, at, &v, size), 0);
    return v;
}
static inline void rig_put(struct rig *r, pa_t at, unsigned size, uint32_t v)
{
    assert_int_equal(phys_write(r->phys, at, &v, size), 0);
}

/* A descriptor: access is its byte 5, flags the high nibble of byte 6 (G D/B L AVL). */
static inline void rig_descriptor(struct rig *r, pa_t at, uint32_t base, uint32_t limit, unsigned access, unsigned flags)
{
    rig_put(r, at, 4, (limit & 0xffff) | base << 16);
    rig_put(r, at + 4, 4, (base >> 16 & 0xff) | access << 8 | (limit & 0xf0000) | flags << 20 | (base & 0xff000000));
}
static inline pa_t rig_entry(uint16_t selector) { return (selector & 4u ? RIG_LDT : RIG_GDT) + (selector & 0xfff8u); }

/* A gate: access is its byte 5. */
static inline void rig_gate(struct rig *r, pa_t at, uint16_t selector, uint32_t offset, unsigned access, unsigned parameters)
{
    rig_put(r, at, 4, (uint32_t)selector << 16 | (offset & 0xffff));
    rig_put(r, at + 4, 4, (offset & 0xffff0000) | access << 8 | parameters);
}

static inline void rig_load(struct rig *r, unsigned seg, uint16_t selector)
{
    const pa_t at = rig_entry(selector);
    const struct ia_descriptor d = {.low = rig_get(r, at, 4), .high = rig_get(r, at + 4, 4)};
    r->c->described[seg] = ia_segment_of(&d, selector);
}

/* Flat segments of ring `cpl` in CS, SS and the others, ESP at the top of its stack, and nothing pending. */
static inline void rig_ring(struct rig *r, unsigned cpl)
{
    struct ia_cpu *c = r->c;
    c->cr0 |= CR0_PE;
    ia_flags_set(c, EFLAGS_IF, UINT32_MAX);
    for (unsigned seg = 0; seg < IA_SEGS; seg++)
        rig_load(r, seg, (uint16_t)((seg == IA_CS ? RIG_CODE : RIG_DATA) + 8 * cpl + cpl));
    c->cpl = (uint8_t)cpl;
    c->r[IA_ESP] = RIG_STACK + 0x1000 * cpl + 0xff0;
    c->eip = 0x10000;
    c->next = 0x10002;
    c->attention = 0;
    c->pending = 0;
    c->shadow = false;
    ia_context_changed(c);
}

static inline void rig_tables(struct rig *r)
{
    struct ia_cpu *c = r->c;
    c->gdtr = (struct ia_table){.base = RIG_GDT, .limit = 64 * 8 - 1};
    c->idtr = (struct ia_table){.base = RIG_IDT, .limit = 256 * 8 - 1};
    for (unsigned n = 0; n < 4; n++) {
        rig_descriptor(r, RIG_GDT + RIG_CODE + 8 * n, 0, 0xfffff, 0x9b | n << 5, 0xc);
        rig_descriptor(r, RIG_GDT + RIG_DATA + 8 * n, 0, 0xfffff, 0x93 | n << 5, 0xc);
        rig_put(r, RIG_TSS + 4 + 8 * n, 4, RIG_STACK + 0x1000 * n + 0xff0);
        rig_put(r, RIG_TSS + 8 + 8 * n, 4, RIG_DATA + 8 * n + n);
    }
    rig_descriptor(r, RIG_GDT + RIG_SEL_TSS, RIG_TSS, 0x67, 0x8b, 0);
    rig_descriptor(r, RIG_GDT + RIG_SEL_LDT, RIG_LDT, 64 * 8 - 1, 0x82, 0);
    rig_descriptor(r, RIG_GDT + RIG_SEL_TSS_B, RIG_TSS_B, 0x67, 0x89, 0);
    rig_load(r, IA_TR, RIG_SEL_TSS);
    rig_load(r, IA_LDTR, RIG_SEL_LDT);
}

static inline void rig_open_variant(struct rig *r, uint32_t variants)
{
    const struct ia32_config config = {.model = IA_MODEL_686, .variants = variants};
    struct machine *m;
    assert_int_equal(ram_create(&r->ram, RIG_RAM), 0);
    assert_int_equal(phys_create(&r->phys), 0);
    assert_int_equal(phys_add_ram(r->phys, "ram", 0, RIG_RAM, r->ram, 0), 0);
    assert_int_equal(ia32_create(&m, r->phys, NULL, &config), 0);
    r->c = ia_cpu_of(m);
    r->c->a20_mask = UINT32_MAX;
    rig_tables(r);
    rig_ring(r, 0);
}

static inline void rig_open(struct rig *r) { rig_open_variant(r, 0); }

static inline void rig_close(struct rig *r)
{
    machine_destroy(&r->c->machine);
    phys_destroy(r->phys);
    ram_destroy(r->ram);
}

/* An instruction with a register operand, of operands of 32 bits. */
static inline ia_insn rig_insn(unsigned reg, unsigned rm)
{
    return (ia_insn){.length = 2,
                     .opsize = 4,
                     .adsize = 4,
                     .seg = IA_DS,
                     .reg = (uint8_t)reg,
                     .rm = (uint8_t)rm,
                     .base = IA_NO_REGISTER,
                     .index = IA_NO_REGISTER};
}

/* What an instruction did: vector 0xff is "nothing wrong". */
enum { RIG_FINE = 0xff };
struct rig_outcome {
    unsigned vector;
    uint32_t error;
    enum trap_reason reason;
};
static inline struct rig_outcome rig_do(struct rig *r, ia_body *body, const ia_insn *i)
{
    if (body(r->c, i))
        return (struct rig_outcome){.vector = RIG_FINE};
    return (struct rig_outcome){.vector = (unsigned)r->c->trap.cause, .error = r->c->trap.error, .reason = r->c->trap.reason};
}

/* Sizes of the registers and flags apart, is the CPU as it was? */
static inline void rig_expect_unchanged(const struct ia_cpu *c, const struct ia_cpu *before)
{
    assert_memory_equal(c->r, before->r, sizeof c->r);
    assert_memory_equal(c->described, before->described, sizeof c->described);
    assert_int_equal(ia_flags_get(c), ia_flags_get(before));
    assert_int_equal(c->cpl, before->cpl);
    assert_int_equal(c->eip, before->eip);
    assert_int_equal(c->cr0, before->cr0);
    assert_int_equal(c->cr3, before->cr3);
}

#endif
