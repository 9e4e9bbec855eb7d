/* vmm.c - the assignment "flags": the routines of POPF and IRET of a virtual machine monitor for IA-32. README.md says what each is to do, and in
 * which order; core/assignment_ia32.h in the folder that the Makefile names as INCLUDE says what you can call, and isa/ia32.h has the names.
 */
#include "core/assignment_ia32.h"

/* What a program may change in any ring. RF is not among them: IRET loads it, POPF does not. */
enum { FLAGS_ANYBODY = EFLAGS_STATUS | EFLAGS_TF | EFLAGS_DF | EFLAGS_NT };

/* --- Descriptors: this much is bit shuffling, and given. */

struct descriptor {
    uint32_t at; /* its linear address */
    uint32_t low, high;
};

static inline unsigned dpl(const struct descriptor *d) { return d->high >> 13 & 3; }
static inline bool is_present(const struct descriptor *d) { return d->high >> 15 & 1; }
static inline bool is_code(const struct descriptor *d) { return (d->high >> 8 & 0x18) == 0x18; }
static inline bool is_conforming(const struct descriptor *d) { return (d->high >> 8 & 0x1c) == 0x1c; }
static inline bool is_writable_data(const struct descriptor *d) { return (d->high >> 8 & 0x1a) == 0x12; }

/* What the hidden part of a segment register gets of it. */
static inline struct lab_segment segment_of(const struct descriptor *d, uint16_t selector)
{
    struct lab_segment s = {.selector = selector, .limit = (d->low & 0xffff) | (d->high & 0xf0000)};
    s.base = d->low >> 16 | (d->high & 0xff) << 16 | (d->high & 0xff000000);
    s.rights = d->high >> 8 & 0xf0ff;
    if (s.rights & IA_RIGHTS_G)
        s.limit = s.limit << 12 | 0xfff;
    return s;
}

/* --- Stages 1 and 2. */
static bool popf(struct lab_cpu *cpu, unsigned size)
{
    uint32_t value;
    if (!lab_peek(cpu, 0, size, &value))
        return false;
    (void)value; /* TODO: which of it may the guest change, in its virtual ring? */
    lab_esp_set(cpu, lab_esp(cpu) + size);
    return true;
}

/* --- Stages 3 to 5. */
static bool iret(struct lab_cpu *cpu, unsigned size)
{
    (void)size;
    return lab_raise(cpu, IA_GP, 0); /* TODO */
}

static const struct lab_flags functions = {popf, iret};

const struct lab_plugin trapeze_lab_v1 = {.version = LAB_VERSION, .flags = &functions};
