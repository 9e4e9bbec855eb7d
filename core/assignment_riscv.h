/* assignment_riscv.h - what a student's plug-in is made against: a part of a virtual machine monitor, as functions in a shared object.
 *
 * `trapeze lab new` writes a folder with a skeleton, `make` there builds the shared object, `trapeze lab check` loads it and puts its functions
 * in the place of trapeze's own. The plug-in exports one object, trapeze_lab_v1, which lists them. It calls nothing but what is below.
 *
 * The virtual CPU is in one of three virtual modes and has virtual control registers. The host, on which it runs, is in user mode all the
 * time. Whatever the functions below say is of the virtual CPU; the host's registers are out of reach. Keep no variables of your own: what a
 * VMM has to remember about a guest is in its virtual CPU, and the checker makes virtual machines as often as it likes.
 *
 * Numbers and names, CSR_mstatus, MSTATUS_MPP, RV_INSN_sret, RV_CAUSE_ILLEGAL, RV_IRQ_MTI, are those of isa/riscv.h.
 */
#ifndef TRAPEZE_CORE_ASSIGNMENT_RISCV_H
#define TRAPEZE_CORE_ASSIGNMENT_RISCV_H

#include "core/assignment_plugin.h"
#include "core/assignment_turns.h"
#include "isa/riscv.h"
#include "mmu/pt.h"

/* --- What the checker offers. */

struct lab_cpu;

/* A trap: of the host, or of the virtual CPU. */
struct lab_trap {
    bool interrupt;       /* else an exception */
    unsigned cause;       /* RV_CAUSE_ or RV_IRQ_ */
    uint64_t tval;        /* faulting address, or the instruction when it is illegal */
    unsigned row;         /* which instruction it is: RV_INSN_csrrw ..., or INSN_NONE when none was fetched or there is no such one */
    uint32_t instruction; /* its bits */
    unsigned length;      /* its bytes */
};

struct lab_services {
    uint64_t (*get)(const struct lab_cpu *, reg_t);
    void (*set)(struct lab_cpu *, reg_t, uint64_t);
    bool (*has)(const struct lab_cpu *, reg_t);
    void (*fence)(struct lab_cpu *, const struct fence *);
    bool (*pte_read)(struct lab_cpu *, uint64_t pa, uint64_t *pte);
    bool (*pte_write)(struct lab_cpu *, uint64_t pa, uint64_t pte);
};
struct lab_cpu {
    const struct lab_services *services;
};

/* General registers of the virtual CPU; x0 reads 0. */
static inline uint64_t lab_x(const struct lab_cpu *cpu, unsigned n) { return n ? cpu->services->get(cpu, RV_X + n) : 0; }
static inline void lab_x_set(struct lab_cpu *cpu, unsigned n, uint64_t value)
{
    if (n)
        cpu->services->set(cpu, RV_X + n, value);
}
static inline uint64_t lab_pc(const struct lab_cpu *cpu) { return cpu->services->get(cpu, MACHINE_PC); }
static inline void lab_pc_set(struct lab_cpu *cpu, uint64_t pc) { cpu->services->set(cpu, MACHINE_PC, pc); }

/* The virtual mode: RV_U, RV_S or RV_M. */
static inline unsigned lab_mode(const struct lab_cpu *cpu) { return (unsigned)cpu->services->get(cpu, MACHINE_MODE); }
static inline void lab_mode_set(struct lab_cpu *cpu, unsigned mode) { cpu->services->set(cpu, MACHINE_MODE, mode); }

/* Virtual CSRs by number, as M-mode reads and writes them: what a field cannot hold it does not take, a view (sstatus, sie, sip) changes what it
 * is a view of. Whether the guest may do so is not asked: that is your affair. One that is not there reads 0. */
static inline uint64_t lab_csr(const struct lab_cpu *cpu, unsigned csr) { return cpu->services->get(cpu, RV_CSR + csr); }
static inline void lab_csr_set(struct lab_cpu *cpu, unsigned csr, uint64_t value) { cpu->services->set(cpu, RV_CSR + csr, value); }
static inline bool lab_csr_exists(const struct lab_cpu *cpu, unsigned csr) { return cpu->services->has(cpu, RV_CSR + csr); }

/* What the shadow tables hold goes, all of it or what the fence names: struct fence is in isa/machine.h. */
static inline void lab_fence(struct lab_cpu *cpu, const struct fence *f) { cpu->services->fence(cpu, f); }

/* Eight bytes of the guest's page tables, at a guest-physical address. false: there is no RAM. */
static inline bool lab_pte_read(struct lab_cpu *cpu, uint64_t pa, uint64_t *pte) { return cpu->services->pte_read(cpu, pa, pte); }
static inline bool lab_pte_write(struct lab_cpu *cpu, uint64_t pa, uint64_t pte) { return cpu->services->pte_write(cpu, pa, pte); }

/* --- Assignment "dispatch": D, the v_i, and trap entry. */

enum lab_owner {
    LAB_EMULATE, /* privileged, and executed in real user mode: its v_i */
    LAB_MEMORY,  /* a page or access fault: trapeze's shadow MMU finds out whose */
    LAB_REFLECT, /* the guest's own: it goes to the virtual CPU's handler */
};

/* What became of an instruction in the virtual machine. */
enum lab_result {
    LAB_NEXT,    /* done: the guest goes on behind it */
    LAB_JUMPED,  /* done: the guest goes on where lab_pc_set() says */
    LAB_WAIT,    /* done, and the CPU waits for an interrupt; it goes on behind it */
    LAB_ILLEGAL, /* not allowed there: the virtual CPU takes an illegal instruction trap. Nothing has changed */
};

struct lab_dispatch {
    enum lab_owner (*dispatch)(struct lab_cpu *, const struct lab_trap *); /* D: the host trapped. Whose is it? */
    void (*reflect)(struct lab_cpu *, struct lab_trap *);                  /* puts the host's trap in the guest's terms */
    enum lab_result (*csr)(struct lab_cpu *, const struct lab_trap *);     /* the v_i of csrrw, csrrs, csrrc, csrrwi, csrrsi, csrrci */
    enum lab_result (*mret)(struct lab_cpu *, const struct lab_trap *);
    enum lab_result (*sret)(struct lab_cpu *, const struct lab_trap *);
    void (*enter)(struct lab_cpu *, const struct lab_trap *);   /* the virtual CPU takes this trap: CSRs, mode, pc */
    bool (*interrupt)(struct lab_cpu *, struct lab_trap *trap); /* is one due now? Then its cause */
    enum lab_result (*wfi)(struct lab_cpu *, const struct lab_trap *);
    enum lab_result (*sfence_vma)(struct lab_cpu *, const struct lab_trap *);
};

/* --- Assignment "shadow": the guest's translation, and the leaf of the shadow tables that follows from it. */

/* An access of the guest, as far as translation depends on it. Translation is on: satp names Sv39. */
struct lab_access {
    uint64_t va;
    enum pt_kind kind; /* PT_READ, PT_WRITE, PT_FETCH */
    unsigned mode;     /* the mode that it counts as: RV_U or RV_S */
    bool sum, mxr;     /* mstatus */
    bool update;       /* hardware sets A and D (menvcfg.ADUE); else the walk faults where one would have to be set */
    uint64_t satp;
};

enum lab_walk { LAB_WALKED, LAB_PAGE_FAULT, LAB_ACCESS_FAULT };

/* Where a walk has ended. */
struct lab_page {
    uint64_t pa;   /* guest-physical, of the access itself */
    uint64_t size; /* of the page that the guest's leaf maps: 4096, 2 MiB, 1 GiB */
    uint64_t pte;  /* the guest's leaf, after A and D were set */
};

/* What the shadow's leaf of 4 KiB grants to the host, which is in user mode, for the guest in its present situation. */
struct lab_rights {
    bool r, w, x;
};

struct lab_shadow {
    enum lab_walk (*walk)(struct lab_cpu *, const struct lab_access *, struct lab_page *out);
    void (*rights)(struct lab_cpu *, const struct lab_access *, const struct lab_page *, struct lab_rights *out);
    /* The guest has executed SFENCE.VMA, and may: what goes? By lab_fence(). has_va, has_asid as the operands were not x0. */
    void (*fence)(struct lab_cpu *, const struct fence *);
};

#endif
