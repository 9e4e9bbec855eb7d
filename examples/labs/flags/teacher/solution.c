/* solution.c - a solution of the assignment "flags": what vmm.c may look like in the end. */
#include "core/assignment_ia32.h"

enum { FLAGS_ANYBODY = EFLAGS_STATUS | EFLAGS_TF | EFLAGS_DF | EFLAGS_NT };

/* --- Descriptors */

struct descriptor {
    uint32_t at; /* its linear address */
    uint32_t low, high;
};

static inline unsigned dpl(const struct descriptor *d) { return d->high >> 13 & 3; }
static inline bool is_present(const struct descriptor *d) { return d->high >> 15 & 1; }
static inline bool is_code(const struct descriptor *d) { return (d->high >> 8 & 0x18) == 0x18; }
static inline bool is_conforming(const struct descriptor *d) { return (d->high >> 8 & 0x1c) == 0x1c; }
static inline bool is_writable_data(const struct descriptor *d) { return (d->high >> 8 & 0x1a) == 0x12; }

static inline struct lab_segment segment_of(const struct descriptor *d, uint16_t selector)
{
    struct lab_segment s = {.selector = selector, .limit = (d->low & 0xffff) | (d->high & 0xf0000)};
    s.base = d->low >> 16 | (d->high & 0xff) << 16 | (d->high & 0xff000000);
    s.rights = d->high >> 8 & 0xf0ff;
    if (s.rights & IA_RIGHTS_G)
        s.limit = s.limit << 12 | 0xfff;
    return s;
}

static unsigned rpl(uint16_t selector) { return selector & 3; }

/* Error codes name the selector without its RPL [SDM 3A 6.13]. */
static bool refuse(struct lab_cpu *cpu, unsigned vector, uint16_t selector) { return lab_raise(cpu, vector, selector & 0xfffcu); }

/* The descriptor that a selector names: #GP where it names none [SDM 2A IRET]. */
static bool find(struct lab_cpu *cpu, uint16_t selector, struct descriptor *d)
{
    const struct lab_segment ldt = lab_segment(cpu, IA_LDTR);
    const bool local = selector & 4;
    const uint32_t base = local ? ldt.base : lab_gdt_base(cpu), limit = local ? ldt.limit : lab_gdt_limit(cpu);
    uint64_t bits;

    if ((selector & 0xfffc) == 0)
        return lab_raise(cpu, IA_GP, 0);
    if ((local && ldt.rights & IA_RIGHTS_NULL) || (selector | 7u) > limit)
        return refuse(cpu, IA_GP, selector);
    d->at = base + (selector & 0xfff8u);
    if (!lab_load(cpu, d->at, 8, &bits))
        return false;
    d->low = (uint32_t)bits;
    d->high = (uint32_t)(bits >> 32);
    return true;
}

/* Who is loaded has been accessed; the guest finds that in its table. */
static bool accessed(struct lab_cpu *cpu, struct descriptor *d)
{
    if (d->high & 0x100)
        return true;
    d->high |= 0x100;
    return lab_store(cpu, d->at + 5, 1, d->high >> 8 & 0xff);
}

/* --- POPF [SDM 2B] */

/* IF is for who may do input and output, IOPL for the kernel; neither asks for a trap, what is not allowed just stays. */
static uint32_t loaded(const struct lab_cpu *cpu, unsigned size)
{
    uint32_t mask = FLAGS_ANYBODY;
    if (lab_cpl(cpu) <= lab_iopl(cpu))
        mask |= EFLAGS_IF;
    if (lab_cpl(cpu) == 0)
        mask |= EFLAGS_IOPL;
    if (size == 4)
        mask |= EFLAGS_AC | EFLAGS_ID;
    return mask;
}

static bool popf(struct lab_cpu *cpu, unsigned size)
{
    uint32_t value;
    if (!lab_peek(cpu, 0, size, &value))
        return false;
    lab_flags_set(cpu, value, loaded(cpu, size));
    lab_esp_set(cpu, lab_esp(cpu) + size);
    return true;
}

/* --- IRET [SDM 2A] */

static bool find_code(struct lab_cpu *cpu, uint16_t selector, struct descriptor *d)
{
    if (!find(cpu, selector, d))
        return false;
    const bool ring_fits = is_conforming(d) ? dpl(d) <= rpl(selector) : dpl(d) == rpl(selector);
    if (!is_code(d) || rpl(selector) < lab_cpl(cpu) || !ring_fits)
        return refuse(cpu, IA_GP, selector);
    return is_present(d) || refuse(cpu, IA_NP, selector);
}

static bool find_stack(struct lab_cpu *cpu, uint16_t selector, unsigned ring, struct descriptor *d)
{
    if (!find(cpu, selector, d))
        return false;
    if (rpl(selector) != ring || !is_writable_data(d) || dpl(d) != ring)
        return refuse(cpu, IA_GP, selector);
    return is_present(d) || refuse(cpu, IA_SS_FAULT, selector);
}

/* An outer ring finds nothing in DS, ES, FS and GS that it could not have loaded; what was null before becomes 0. */
static void hide(struct lab_cpu *cpu, unsigned ring)
{
    static const uint8_t data[] = {IA_ES, IA_DS, IA_FS, IA_GS};
    const struct lab_segment none = {.rights = IA_RIGHTS_NULL};
    for (unsigned n = 0; n < sizeof data; n++) {
        const struct lab_segment s = lab_segment(cpu, data[n]);
        const bool conforming = (s.rights & 0x1c) == 0x1c;
        if (s.rights & IA_RIGHTS_NULL || (!conforming && (s.rights & IA_RIGHTS_DPL) >> 5 < ring))
            lab_segment_set(cpu, data[n], &none);
    }
}

static uint32_t loaded_by_iret(const struct lab_cpu *cpu, unsigned size)
{
    uint32_t mask = loaded(cpu, size);
    if (size == 4)
        mask |= EFLAGS_RF;
    if (size == 4 && lab_cpl(cpu) == 0)
        mask |= EFLAGS_VIF | EFLAGS_VIP;
    return mask;
}

/* First all that can fail, then all that changes something. Which flags are loaded depends on the ring that is left. */
static bool iret(struct lab_cpu *cpu, unsigned size)
{
    struct descriptor code, stack = {0, 0, 0};
    uint32_t eip, cs, flags, esp = 0, ss = 0;
    if (!lab_peek(cpu, 0, size, &eip) || !lab_peek(cpu, size, size, &cs) || !lab_peek(cpu, 2 * size, size, &flags) ||
        !find_code(cpu, (uint16_t)cs, &code))
        return false;
    const unsigned ring = rpl((uint16_t)cs);
    const bool outer = ring > lab_cpl(cpu);
    if (outer &&
        (!lab_peek(cpu, 3 * size, size, &esp) || !lab_peek(cpu, 4 * size, size, &ss) || !find_stack(cpu, (uint16_t)ss, ring, &stack)))
        return false;
    if (eip > segment_of(&code, (uint16_t)cs).limit)
        return lab_raise(cpu, IA_GP, 0);
    if (!accessed(cpu, &code) || (outer && !accessed(cpu, &stack)))
        return false;

    const uint32_t mask = loaded_by_iret(cpu, size);
    const struct lab_segment code_segment = segment_of(&code, (uint16_t)cs), stack_segment = segment_of(&stack, (uint16_t)ss);
    lab_segment_set(cpu, IA_CS, &code_segment);
    if (outer) {
        lab_cpl_set(cpu, ring);
        lab_segment_set(cpu, IA_SS, &stack_segment);
        hide(cpu, ring);
    }
    lab_esp_set(cpu, outer ? esp : lab_esp(cpu) + 3 * size);
    lab_flags_set(cpu, flags, mask);
    lab_eip_set(cpu, eip);
    return true;
}

static const struct lab_flags functions = {popf, iret};

const struct lab_plugin trapeze_lab_v1 = {.version = LAB_VERSION, .flags = &functions};
