/* assignment_ia32.h - what a student's plug-in is made against in the assignment "flags": two routines of a virtual machine monitor for IA-32,
 * v_popf and v_iret, as functions in a shared object.
 *
 * `trapeze lab new flags` writes a folder with a skeleton, `make` there builds the shared object, `trapeze lab check` loads it and puts its
 * functions in the place of trapeze's own. The plug-in exports one object, trapeze_lab_v1 (core/assignment_plugin.h), which lists them. It
 * calls nothing but what is below.
 *
 * The virtual CPU is in one of four virtual rings, in protected mode; the host, on which it runs, is in ring 3 all the time. Whatever the functions
 * below say is of the virtual CPU; the host's registers are out of reach. Keep no variables of your own: what a VMM has to remember about
 * a guest is in its virtual CPU, and the checker makes virtual machines as often as it likes.
 *
 * Numbers and names, EFLAGS_IF, IA_CS, IA_RIGHTS_DPL, IA_GP, are those of isa/ia32.h.
 */
#ifndef TRAPEZE_CORE_ASSIGNMENT_IA32_H
#define TRAPEZE_CORE_ASSIGNMENT_IA32_H

#include "core/assignment_plugin.h"
#include "isa/ia32.h"

/* --- What the checker offers. */

struct lab_cpu;

/* A segment register with its hidden part. */
struct lab_segment {
    uint16_t selector;
    uint32_t base, limit; /* limit: in bytes, the granularity applied */
    uint32_t rights;      /* IA_RIGHTS_...: bits 8 to 23 of the descriptor, less the limit's; or IA_RIGHTS_NULL alone */
};

struct lab_services {
    uint64_t (*get)(const struct lab_cpu *, reg_t);
    void (*flags_set)(struct lab_cpu *, uint32_t value, uint32_t mask);
    void (*cpl_set)(struct lab_cpu *, unsigned cpl);
    void (*esp_set)(struct lab_cpu *, uint32_t esp);
    void (*eip_set)(struct lab_cpu *, uint32_t eip);
    struct lab_segment (*segment)(const struct lab_cpu *, unsigned n);
    void (*segment_set)(struct lab_cpu *, unsigned n, const struct lab_segment *);
    bool (*peek)(struct lab_cpu *, uint32_t above, unsigned size, uint32_t *value);
    bool (*load)(struct lab_cpu *, uint32_t linear, unsigned size, uint64_t *value);
    bool (*store)(struct lab_cpu *, uint32_t linear, unsigned size, uint64_t value);
    bool (*raise)(struct lab_cpu *, unsigned vector, uint32_t error);
};
struct lab_cpu {
    const struct lab_services *services;
};

/* The instruction does not happen: the virtual CPU takes this exception, IA_GP, IA_NP or IA_SS_FAULT, with this error code. Returns false, so that
 * "return lab_raise(...)" is how a routine ends then. Nothing may have changed before. */
static inline bool lab_raise(struct lab_cpu *cpu, unsigned vector, uint32_t error) { return cpu->services->raise(cpu, vector, error); }

/* The virtual EFLAGS, and the bits of `mask` in it: those that this CPU has, whatever the ring. Who may change which is your affair. */
static inline uint32_t lab_flags(const struct lab_cpu *cpu) { return (uint32_t)cpu->services->get(cpu, IA_EFLAGS); }
static inline void lab_flags_set(struct lab_cpu *cpu, uint32_t value, uint32_t mask) { cpu->services->flags_set(cpu, value, mask); }
static inline unsigned lab_iopl(const struct lab_cpu *cpu) { return lab_flags(cpu) >> 12 & 3; }

/* The virtual ring. */
static inline unsigned lab_cpl(const struct lab_cpu *cpu) { return (unsigned)cpu->services->get(cpu, MACHINE_MODE) & 3; }
static inline void lab_cpl_set(struct lab_cpu *cpu, unsigned cpl) { cpu->services->cpl_set(cpu, cpl); }

/* The stack. What lies `above` bytes over its top, 2 or 4 bytes; false: the stack ends before, the exception is raised, and "return false" is
 * what is left to do. Setting ESP changes SP alone where SS names a stack of 16 bits. */
static inline bool lab_peek(struct lab_cpu *cpu, uint32_t above, unsigned size, uint32_t *value)
{
    return cpu->services->peek(cpu, above, size, value);
}
static inline uint32_t lab_esp(const struct lab_cpu *cpu) { return (uint32_t)cpu->services->get(cpu, IA_ESP); }
static inline void lab_esp_set(struct lab_cpu *cpu, uint32_t esp) { cpu->services->esp_set(cpu, esp); }

/* Where the guest goes on; without it, behind the instruction. */
static inline void lab_eip_set(struct lab_cpu *cpu, uint32_t eip) { cpu->services->eip_set(cpu, eip); }

/* Segment registers, IA_ES to IA_GS, and IA_LDTR. Setting one does not ask whether the guest may, and leaves the ring as it is. */
static inline struct lab_segment lab_segment(const struct lab_cpu *cpu, unsigned n) { return cpu->services->segment(cpu, n); }
static inline void lab_segment_set(struct lab_cpu *cpu, unsigned n, const struct lab_segment *s)
{
    cpu->services->segment_set(cpu, n, s);
}

/* The guest's global descriptor table, and its memory at linear addresses, as the processor accesses it for itself: 1, 2, 4 or 8 bytes.
 * false: the page is not there, the page fault is raised. */
static inline uint32_t lab_gdt_base(const struct lab_cpu *cpu) { return (uint32_t)cpu->services->get(cpu, IA_GDTR_BASE); }
static inline uint32_t lab_gdt_limit(const struct lab_cpu *cpu) { return (uint32_t)cpu->services->get(cpu, IA_GDTR_LIMIT); }
static inline bool lab_load(struct lab_cpu *cpu, uint32_t linear, unsigned size, uint64_t *value)
{
    return cpu->services->load(cpu, linear, size, value);
}
static inline bool lab_store(struct lab_cpu *cpu, uint32_t linear, unsigned size, uint64_t value)
{
    return cpu->services->store(cpu, linear, size, value);
}

/* --- Assignment "flags". */

/* `size`: of the operands, 2 or 4 bytes. true: done. false: an exception was raised, and nothing has changed.
 * iret is not called for a return to another task (NT is set) or to virtual-8086 mode: those are trapeze's. It also has NMIs come again, and
 * has RF hold for the next instruction; single step is not your affair either. */
struct lab_flags {
    bool (*popf)(struct lab_cpu *, unsigned size);
    bool (*iret)(struct lab_cpu *, unsigned size);
};

#endif
