/* about.h - what IA-32 tells people (isa/about.h), by what it is about. */
#ifndef TRAPEZE_ISA_IA32_ABOUT_H
#define TRAPEZE_ISA_IA32_ABOUT_H

#include "isa/about.h"

extern const struct about ia32_about;

/* --- about_gdb.c. GDB's numbers: 0-7 EAX to EDI in the order of their encoding, 8 EIP, 9 EFLAGS, 10-15 CS SS DS ES
 * FS GS, 16-23 ST(0) to ST(7), 24-31 the x87's control registers. Of a number that is none the functions say false. */
enum { IA32_GDB_PC = 8, IA32_GDB_CORE = 32, IA32_ABOUT_LINES = 2 };
bool ia32_about_gdb_register(uint64_t number, struct about_gdb *);
bool ia32_about_gdb_listed(unsigned index, struct about_gdb *);

/* --- about_calls.c */
uint64_t ia32_about_place(const struct machine *, reg_t);
bool ia32_about_far(const struct machine *, uint64_t selector, uint64_t offset, uint64_t *address);

extern const struct about_calls ia32_about_calls;
bool ia32_about_numbered(unsigned number, reg_t *);
bool ia32_about_framed(const struct machine *);
bool ia32_about_returns(const struct machine *, va_t function, va_t pc, uint64_t *at);

/* --- about_memory.c. Linear addresses; what paging makes of them is looked up in the tables as they are now,
 * without a TLB. */
void ia32_about_space(const struct machine *, struct about_space *);
unsigned ia32_about_pte_bits(uint64_t pte);
bool ia32_about_translates(const struct machine *, uint64_t mode);
bool ia32_about_find(const struct machine *, va_t, pa_t *, struct pt_walk *);
/* Up to eight bytes at a linear address, as a supervisor would read them; they may lie across two pages. false: not all are in RAM. */
bool ia32_about_read(const struct machine *, uint32_t linear, unsigned size, uint64_t *out);
void ia32_about_access(const struct machine *, va_t, unsigned size, enum pt_kind, struct about_access *);

/* --- about_interrupt.c. Lines are IA_LINE_NMI and IA_LINE_INTR. */
extern const struct about_line ia32_about_lines[IA32_ABOUT_LINES];
void ia32_about_interrupt(const struct machine *, unsigned line, struct about_interrupt *);
int ia32_about_next_interrupt(const struct machine *);
void ia32_about_interrupt_way(const struct machine *, unsigned line, uint64_t mode, char *out, size_t size);
void ia32_about_interrupt_source(const struct machine *, unsigned line, struct about_source *);

/* --- about_system.c. What a CPU of the same configuration and registers would raise; all zeros: nothing, or the
 * host has no memory. */
struct trap ia32_about_predict(const struct machine *, uint64_t mode, insn_t bits);
bool ia32_about_lacks(const struct machine *, unsigned row, insn_t bits, char *out, size_t size);
bool ia32_about_named(unsigned row, insn_t bits, struct about_named *);
/* --- about_shows.c */
unsigned ia32_about_shows(unsigned row, insn_t bits, struct machine_touch *out, unsigned room);
bool ia32_about_orders(const struct machine *, unsigned row, insn_t bits, struct fence *);

/* --- about_float.c: a table of about_tables.c. Its entries are ST(0) to ST(7); used: not empty. */
bool ia32_about_float_where(const struct machine *, char *out, size_t size);
bool ia32_about_float_entry(const struct machine *, unsigned n, struct about_entry *);

extern const struct about_table ia32_about_tables[]; /* segments, GDT, LDT, IDT, task state, x87 */

#endif
