/* replay_ia32.h - what a file of `trapeze witness --elf` holds besides its program, of IA-32: cases, one state and one instruction each, which
 * ring 3 can have by itself. The program is examples/ia32/witness, for Linux, which reads this header, too; replay_ia32.c writes the cases.
 *
 *   0x80000000  the program
 *   0x80010000  the laboratory's page of code: an instruction is put at REPLAY_CODE, and where transfers lead is REPLAY_TARGET
 *   0x80011000  its two pages of data, as they are before each case
 *   0x80100000  struct replay_head, and what it points to
 *
 * Selectors are those of the laboratory's tables. A kernel has others: a case says where its own are to be put.
 */
#ifndef TRAPEZE_CORE_THEORY_REPLAY_IA32_H
#define TRAPEZE_CORE_THEORY_REPLAY_IA32_H

#include <stdint.h>

#define REPLAY_CODE_PAGE 0x80010000u
#define REPLAY_CODE 0x80010400u
#define REPLAY_TARGET 0x80010800u
#define REPLAY_DATA 0x80011000u
#define REPLAY_HEAD 0x80100000u
enum { REPLAY_TARGET_DIRECT = 0x10 /* where transfers lead whose address is in the instruction: so far behind */ };
enum { REPLAY_DATA_SIZE = 0x2000, REPLAY_INSN = 16 };

/* A word that becomes a selector of the program's: at an address, or in a register of the case. */
enum replay_selector { REPLAY_OWN_CODE, REPLAY_OWN_DATA };
struct replay_fix {
    uint32_t at; /* below 8: the register's number; 8 and more: an address in the data or in the code */
    uint32_t selector;
};

struct replay_case {
    uint32_t title; /* a line before it, or 0 */
    uint8_t insn[REPLAY_INSN];
    uint32_t length;
    uint32_t reg[8], eflags; /* of EFLAGS the flags that a program may set */
    uint32_t fixes, fix;     /* how many, and where they lie */
    uint32_t leak;           /* what is to be seen in what is told, a line; or 0 */
    uint32_t traps;          /* it is a trap in which that is to be seen */
};

struct replay_head {
    uint32_t cases, each;
};

#endif
