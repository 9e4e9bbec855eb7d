/* segment.h - descriptors: reading them from their tables, the rules for loading segment registers from them, and the hidden parts.
 *
 * The rules are pure: a verdict on a descriptor, a selector and a CPL. So the reason of a refusal is not guessed: it is PRIVILEGE where the
 * same rules at CPL 0 have nothing to object [SDM 3A 5.5 to 5.8].
 */
#ifndef TRAPEZE_ISA_IA32_SEGMENT_H
#define TRAPEZE_ISA_IA32_SEGMENT_H

#include "isa/ia32/cpu.h"

/* Types of system descriptors [SDM 3A table 3-2]. */
enum {
    IA_TYPE_TSS16 = 1,
    IA_TYPE_LDT = 2,
    IA_TYPE_TSS16_BUSY = 3,
    IA_TYPE_CALL16 = 4,
    IA_TYPE_TASK_GATE = 5,
    IA_TYPE_INTERRUPT16 = 6,
    IA_TYPE_TRAP16 = 7,
    IA_TYPE_TSS32 = 9,
    IA_TYPE_TSS32_BUSY = 11,
    IA_TYPE_CALL32 = 12,
    IA_TYPE_INTERRUPT32 = 14,
    IA_TYPE_TRAP32 = 15,
    IA_TYPE_BUSY = 2, /* the bit by which the types of a busy and an available TSS differ */
    IA_TYPE_32 = 8,   /* the bit that makes system types those of the 386 */
};
/* Bits of the type of code and data. */
enum { IA_TYPE_ACCESSED = 1, IA_TYPE_WRITE = 2, IA_TYPE_READ = 2, IA_TYPE_DOWN = 4, IA_TYPE_CONFORMING = 4, IA_TYPE_CODE = 8 };

/* An entry of the GDT or an LDT: a segment (S = 1) or a system descriptor (S = 0) [SDM 3A 3.4.5, 3.5]. The parts
 * lie scattered, since a 286 knew the lower six bytes only, and the 386 put what it added where those programs had
 * left zeros.
 *
 *         31          24 23  22  21  20 19      16 15 14  13 12 11       8 7            0
 *        +--------------+---+---+---+---+----------+--+------+--+----------+--------------+
 *  high  |  base 31:24  | G |D/B| - |AVL| limit    | P|  DPL | S|   type   |  base 23:16  |
 *        |              |   |   |   |   |   19:16  |  |      |  |          |              |
 *        +--------------+---+---+---+---+----------+--+------+--+----------+--------------+
 *  low   |               base 15:0                 |               limit 15:0             |
 *        +-----------------------------------------+--------------------------------------+
 *
 * Type of data: 8 zero, 4 grows down, 2 writable, 1 accessed. Of code: 8 one, 4 conforming, 2 readable, 1 accessed.
 * With G the limit counts pages of 4 KiB, and the twelve bits below are ones. The flat segments of a kernel are
 * 00cf9a00:0000ffff (code, DPL 0) and 00cf9200:0000ffff (data, DPL 0). */
struct ia_descriptor {
    uint32_t low, high;
    uint32_t at; /* linear address */
};

static inline unsigned ia_type(const struct ia_descriptor *d) { return d->high >> 8 & 15; }
static inline bool ia_is_segment(const struct ia_descriptor *d) { return d->high >> 12 & 1; }
static inline unsigned ia_dpl(const struct ia_descriptor *d) { return d->high >> 13 & 3; }
static inline bool ia_is_present(const struct ia_descriptor *d) { return d->high >> 15 & 1; }
static inline bool ia_is_code(const struct ia_descriptor *d) { return ia_is_segment(d) && (ia_type(d) & IA_TYPE_CODE); }
static inline bool ia_is_conforming(const struct ia_descriptor *d) { return ia_is_code(d) && (ia_type(d) & IA_TYPE_CONFORMING); }
static inline bool ia_is_writable(const struct ia_descriptor *d)
{
    return ia_is_segment(d) && (ia_type(d) & (IA_TYPE_CODE | IA_TYPE_WRITE)) == IA_TYPE_WRITE;
}
static inline bool ia_is_readable(const struct ia_descriptor *d)
{
    return ia_is_segment(d) && (!(ia_type(d) & IA_TYPE_CODE) || (ia_type(d) & IA_TYPE_READ));
}
static inline bool ia_is_system(const struct ia_descriptor *d, unsigned type) { return !ia_is_segment(d) && ia_type(d) == type; }
/* A TSS of either size that is not busy, or (`busy`) one that is. */
static inline bool ia_is_tss(const struct ia_descriptor *d, bool busy)
{
    return !ia_is_segment(d) && (ia_type(d) & ~(unsigned)IA_TYPE_32) == (busy ? IA_TYPE_TSS16_BUSY : IA_TYPE_TSS16);
}
static inline uint32_t ia_descriptor_base(const struct ia_descriptor *d)
{
    return d->low >> 16 | (d->high & 0xff) << 16 | (d->high & 0xff000000);
}
static inline uint32_t ia_descriptor_limit(const struct ia_descriptor *d)
{
    const uint32_t limit = (d->low & 0xffff) | (d->high & 0xf0000);
    return d->high >> 23 & 1 ? limit << 12 | 0xfff : limit;
}

/* A selector: 15:3 index, 2 the table (0 GDT, 1 LDT), 1:0 the RPL. Index 0 of the GDT is no entry: 0 to 3 are null.
 * An error code has the selector with other low bits: bit 2 the LDT, bit 1 the IDT, bit 0 EXT, met in the delivery
 * of an event from outside [SDM 3A 6.13]. */
static inline unsigned ia_rpl(uint16_t selector) { return selector & 3; }
static inline bool ia_is_null(uint16_t selector) { return !(selector & ~3); }
static inline bool ia_is_local(uint16_t selector) { return selector & 4; }
static inline uint32_t ia_selector_error(uint16_t selector) { return selector & 0xfffc; }

/* What speaks against something; vector 0: nothing does. */
struct ia_verdict {
    uint8_t vector;
    uint32_t error;
};
#define IA_FINE ((struct ia_verdict){0, 0})

/* The entry of a selector that is not null. IA_FOUND, or why not; IA_FAULTED: c->trap says it. */
enum ia_lookup { IA_FOUND, IA_OUTSIDE, IA_FAULTED };
enum ia_lookup ia_descriptor_find(struct ia_cpu *, uint16_t selector, struct ia_descriptor *);
/* The same; outside of its table is `vector` with the selector and `ext` (0 or 1). */
MUST_CHECK bool ia_descriptor_read(struct ia_cpu *, uint16_t selector, unsigned vector, uint32_t ext, struct ia_descriptor *);

/* May this be loaded into SS, at this CPL? `vector` is #GP, or #TS where a task state segment named it; ext as above. */
struct ia_verdict ia_stack_verdict(const struct ia_descriptor *, uint16_t selector, unsigned cpl, unsigned vector, uint32_t ext);
/* ... into DS, ES, FS, GS? */
struct ia_verdict ia_data_verdict(const struct ia_descriptor *, uint16_t selector, unsigned cpl, unsigned vector);
/* ... be jumped to or called directly, being code? ... be gone through, being a gate; or a TSS, whose presence is asked for later? */
struct ia_verdict ia_code_verdict(const struct ia_descriptor *, uint16_t selector, unsigned cpl);
struct ia_verdict ia_gate_verdict(const struct ia_descriptor *, uint16_t selector, unsigned cpl);

bool ia_verdict_raise(struct ia_cpu *, struct ia_verdict, enum trap_reason); /* returns false */
/* The reason, of the verdicts at the CPL and at CPL 0. */
static inline enum trap_reason ia_reason(struct ia_verdict at_0) { return at_0.vector ? REASON_RESOURCE : REASON_PRIVILEGE; }

/* Sets the bit "accessed" in the table, where it is not set. false: #PF; nothing changed. */
MUST_CHECK bool ia_descriptor_access(struct ia_cpu *, struct ia_descriptor *);
/* Changes the type of a system descriptor in its table: busy or not. */
MUST_CHECK bool ia_descriptor_retype(struct ia_cpu *, struct ia_descriptor *, unsigned type);

/* Hidden parts: of a descriptor; of a null selector; of a paragraph in real and in V86 mode. */
struct ia_segment ia_segment_of(const struct ia_descriptor *, uint16_t selector);
struct ia_segment ia_segment_null(uint16_t selector);
struct ia_segment ia_segment_real(const struct ia_cpu *, unsigned seg, uint16_t selector);
struct ia_segment ia_segment_v86(uint16_t selector);

/* CS, with its RPL, and the CPL. ia_context_changed() is the caller's. */
static inline void ia_code_set(struct ia_cpu *c, const struct ia_descriptor *d, uint16_t selector, unsigned cpl)
{
    c->seg[IA_CS] = ia_segment_of(d, (uint16_t)((selector & ~3u) | cpl));
    c->cpl = (uint8_t)cpl;
}

#endif
