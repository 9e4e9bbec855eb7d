/* hart.h - the members of struct hart, every one, by what they are to a proof. A member that has no line here, or stands elsewhere, moves
 * those behind it and so does not compile, unless it lies in what was padding: little of a hart is left out of a proof by mistake.
 *
 *   SHOWN(name), SHOWN_ARRAY(name)   what a program sees: identity state
 *   KEPT(name)             control state, and what belongs to it: a number that no innocuous instruction changes
 *   KEPT_ARRAY(name)       the same, an array of numbers
 *   KEPT_STRUCT(name, field)   an array of structures, by the named field
 *   KEPT_PART(name, field)     a structure, by the named field
 *   ASIDE(name)                of the engine or hidden: not compared here (the comment says why)
 *   ALIGNED(n, name)           the same, and it lies at a multiple of n
 */
#ifndef TRAPEZE_TESTS_PROOFS_HART_H
#define TRAPEZE_TESTS_PROOFS_HART_H

#include "isa/riscv/state.h"

#define HART_MEMBERS                                                                                                                  \
    ASIDE(machine) /* who owns it: no body changes it */                                                                              \
    ASIDE(config)  /* of the machine: pair.h */                                                                                       \
    SHOWN_ARRAY(x)                                                                                                                    \
    SHOWN_ARRAY(f)                                                                                                                    \
    SHOWN(pc)                                                                                                                         \
    KEPT(mode)                                                                                                                        \
    ASIDE(here) /* where the engine stands */                                                                                         \
    ASIDE(here_va)                                                                                                                    \
    ASIDE(next)                                                                                                                       \
    ASIDE(left) /* counts down: compared with a NOP's */                                                                              \
    KEPT(slice)                                                                                                                       \
    KEPT(budget)                                                                                                                      \
    KEPT(trap)                                                                                                                        \
    ASIDE(idle_trap)                                                                                                                  \
    KEPT(attention)                                                                                                                   \
    KEPT(yield)                                                                                                                       \
    KEPT(single)                                                                                                                      \
    KEPT(step_row)                                                                                                                    \
    KEPT(step_length)                                                                                                                 \
    KEPT(clock_base)                                                                                                                  \
    KEPT(retired_base)                                                                                                                \
    ALIGNED(16, padding)                                                                                                              \
    SHOWN(fflags)                                                                                                                     \
    SHOWN(frm)                                                                                                                        \
    ASIDE(mstatus) /* shown and kept, bit by bit: compared by itself */                                                               \
    KEPT(medeleg)                                                                                                                     \
    KEPT(mideleg)                                                                                                                     \
    KEPT(mie)                                                                                                                         \
    KEPT(mip)                                                                                                                         \
    KEPT(lines)                                                                                                                       \
    KEPT(mtvec)                                                                                                                       \
    KEPT(mscratch)                                                                                                                    \
    KEPT(mepc)                                                                                                                        \
    KEPT(mcause)                                                                                                                      \
    KEPT(mtval)                                                                                                                       \
    KEPT(mcounteren)                                                                                                                  \
    KEPT(mcountinhibit)                                                                                                               \
    KEPT(menvcfg)                                                                                                                     \
    KEPT(stvec)                                                                                                                       \
    KEPT(sscratch)                                                                                                                    \
    KEPT(sepc)                                                                                                                        \
    KEPT(scause)                                                                                                                      \
    KEPT(stval)                                                                                                                       \
    KEPT(scounteren)                                                                                                                  \
    KEPT(senvcfg)                                                                                                                     \
    KEPT(satp)                                                                                                                        \
    KEPT(stimecmp)                                                                                                                    \
    KEPT(minstret_offset)                                                                                                             \
    KEPT(mcycle_offset)                                                                                                               \
    KEPT(extensions)                                                                                                                  \
    KEPT_ARRAY(pmpcfg)                                                                                                                \
    KEPT_ARRAY(pmpaddr)                                                                                                               \
    KEPT_STRUCT(pmp, base)                                                                                                            \
    KEPT(pmp_active)                                                                                                                  \
    KEPT(pmp_open)                                                                                                                    \
    KEPT(timer_due)                                                                                                                   \
    ASIDE(reservation)   /* hidden: what LR and SC do to it is the memory's (oracle.h) */                                             \
    ALIGNED(16, touched) /* the record of what was touched */                                                                         \
    KEPT_PART(triggers, count)                                                                                                        \
    KEPT(tselect)                                                                                                                     \
    KEPT_ARRAY(tdata1)                                                                                                                \
    KEPT_ARRAY(tdata2)                                                                                                                \
    KEPT_STRUCT(sdtrig, kinds)                                                                                                        \
    KEPT(sdtrig_kinds)                                                                                                                \
    KEPT(watching)                                                                                                                    \
    KEPT(watching_accesses)                                                                                                           \
    KEPT(resume)                                                                                                                      \
    KEPT(resume_retired)                                                                                                              \
    KEPT_STRUCT(fences, va)                                                                                                           \
    KEPT(fence_count)                                                                                                                 \
    KEPT_PART(tlb, generation)                                                                                                        \
    KEPT(data)                                                                                                                        \
    KEPT(fetch)                                                                                                                       \
    KEPT_STRUCT(chosen, version)                                                                                                      \
    KEPT(version)                                                                                                                     \
    KEPT_ARRAY(recent)                                                                                                                \
    KEPT(engine)                                                                                                                      \
    ASIDE(options)                                                                                                                    \
    ASIDE(ops)                                                                                                                        \
    ASIDE(listener)

/* The mirror: the same members in the same order must lie at the same places. */
#define HART_TYPE(name) __typeof__(((struct hart *)0)->name)
struct hart_mirror {
#define ASIDE(name) HART_TYPE(name) name;
#define ALIGNED(n, name) _Alignas(n) HART_TYPE(name) name;
#define SHOWN ASIDE
#define SHOWN_ARRAY ASIDE
#define KEPT ASIDE
#define KEPT_ARRAY ASIDE
#define KEPT_STRUCT(name, field) ASIDE(name)
#define KEPT_PART(name, field) ASIDE(name)
    HART_MEMBERS
#undef ASIDE
#undef ALIGNED
#define ASIDE(name) _Static_assert(offsetof(struct hart, name) == offsetof(struct hart_mirror, name), #name " has its line in hart.h");
#define ALIGNED(n, name) ASIDE(name)
};
HART_MEMBERS
_Static_assert(sizeof(struct hart) == sizeof(struct hart_mirror), "every member of struct hart has its line in hart.h");
#undef ASIDE
#undef ALIGNED
#undef SHOWN
#undef SHOWN_ARRAY
#undef KEPT
#undef KEPT_ARRAY
#undef KEPT_STRUCT
#undef KEPT_PART

#endif
