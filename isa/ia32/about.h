/* about.h - what IA-32 tells people (isa/about.h), by what it is about. */
#ifndef TRAPEZE_ISA_IA32_ABOUT_H
#define TRAPEZE_ISA_IA32_ABOUT_H

#include "isa/about.h"

extern const struct about ia32_about;

enum { IA32_GDB_PC = 8, IA32_GDB_CORE = 32, IA32_ABOUT_LINES = 2 };
bool ia32_about_gdb_register(uint64_t number, struct about_gdb *);
bool ia32_about_gdb_listed(unsigned index, struct about_gdb *);

void ia32_about_space(const struct machine *, struct about_space *);
bool ia32_about_translates(const struct machine *, uint64_t mode);
bool ia32_about_find(const struct machine *, va_t, pa_t *, struct pt_walk *);
void ia32_about_access(const struct machine *, va_t, unsigned size, enum pt_kind, struct about_access *);

extern const struct about_line ia32_about_lines[IA32_ABOUT_LINES];
void ia32_about_interrupt(const struct machine *, unsigned line, struct about_interrupt *);
int ia32_about_next_interrupt(const struct machine *);
void ia32_about_interrupt_way(const struct machine *, unsigned line, uint64_t mode, char *out, size_t size);
void ia32_about_interrupt_source(const struct machine *, unsigned line, struct about_source *);

struct trap ia32_about_predict(const struct machine *, uint64_t mode, insn_t bits);
bool ia32_about_named(unsigned row, insn_t bits, struct about_named *);
bool ia32_about_orders(const struct machine *, unsigned row, insn_t bits, struct fence *);

extern const struct about_table ia32_about_tables[]; /* segments, GDT, LDT, IDT, task state */

#endif
