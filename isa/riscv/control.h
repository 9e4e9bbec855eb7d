/* control.h - the names of control state: what decides, beside a program's own registers, what its instructions do.
 *
 * To the architecture these are members of struct hart. To the bodies of instructions, which are compiled with HART_SEALED, struct hart
 * has bytes in their place that have no names: what a body reads or writes there it can only by the accessors of recorded.h, which note it
 * (isa/machine.h: touched). The layout is the same.
 */
#ifndef TRAPEZE_ISA_RISCV_CONTROL_H
#define TRAPEZE_ISA_RISCV_CONTROL_H

#ifdef HART_SEALED
#define HART_CONTROL(opaque, ...) _Alignas(8) unsigned char opaque[sizeof(struct {__VA_ARGS__})]
#else
#define HART_CONTROL(opaque, ...)                                                                                                     \
    struct {                                                                                                                          \
        __VA_ARGS__                                                                                                                   \
    }
#endif

/* CSRs of one word each, by name; and as what they are noted. Those with side effects go through csr.c.
 * mip: the software-writable bits; lines: of the irq inputs. The offsets are added to the hart's own counts. */
#define HART_WORDS(WORD)                                                                                                              \
    WORD(mstatus, mstatus)                                                                                                            \
    WORD(medeleg, medeleg)                                                                                                            \
    WORD(mideleg, mideleg)                                                                                                            \
    WORD(mie, mie)                                                                                                                    \
    WORD(mip, mip)                                                                                                                    \
    WORD(lines, mip)                                                                                                                  \
    WORD(mtvec, mtvec)                                                                                                                \
    WORD(mscratch, mscratch)                                                                                                          \
    WORD(mepc, mepc)                                                                                                                  \
    WORD(mcause, mcause)                                                                                                              \
    WORD(mtval, mtval)                                                                                                                \
    WORD(mcounteren, mcounteren)                                                                                                      \
    WORD(mcountinhibit, mcountinhibit)                                                                                                \
    WORD(menvcfg, menvcfg)                                                                                                            \
    WORD(stvec, stvec)                                                                                                                \
    WORD(sscratch, sscratch)                                                                                                          \
    WORD(sepc, sepc)                                                                                                                  \
    WORD(scause, scause)                                                                                                              \
    WORD(stval, stval)                                                                                                                \
    WORD(scounteren, scounteren)                                                                                                      \
    WORD(senvcfg, senvcfg)                                                                                                            \
    WORD(satp, satp)                                                                                                                  \
    WORD(stimecmp, stimecmp)                                                                                                          \
    WORD(minstret_offset, minstret)                                                                                                   \
    WORD(mcycle_offset, mcycle)

#define HART_WORD_MEMBER(name, noted_as) uint64_t name;
enum hart_word {
#define HART_WORD_NUMBER(name, noted_as) HART_WORD_##name,
    HART_WORDS(HART_WORD_NUMBER)
#undef HART_WORD_NUMBER
};

#endif
