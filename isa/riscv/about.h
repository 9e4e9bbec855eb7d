/* about.h - what isa/riscv/about*.c have for each other and for rows.c. */
#ifndef TRAPEZE_ISA_RISCV_ABOUT_H
#define TRAPEZE_ISA_RISCV_ABOUT_H

#include "isa/about.h"

extern const struct about riscv_about;

/* about_memory.c */
void riscv_about_space(const struct machine *, struct about_space *);
uint64_t riscv_about_data_mode(const struct machine *);
bool riscv_about_translates(const struct machine *, uint64_t mode);
bool riscv_about_find(const struct machine *, va_t, pa_t *, struct pt_walk *);
void riscv_about_access(const struct machine *, va_t, unsigned size, enum pt_kind, struct about_access *);
/* PMP rule n alone: its bytes and rights. false: it is off, or has no bytes. */
bool riscv_about_rule(const struct machine *, unsigned n, struct about_rule *);
void riscv_about_protection(const struct machine *, pa_t, unsigned size, enum pt_kind, uint64_t mode, struct about_rule *);
void riscv_about_rule_text(const struct about_rule *, const char *name, char *out, size_t size);
unsigned riscv_about_cached(const struct machine *, struct about_cached *, unsigned room);
bool riscv_about_decoded(const struct machine *, struct about_decoded *);
bool riscv_about_translated(const struct machine *, pa_t);
int riscv_about_stretch(const struct machine *, pa_t, struct about_stretch *);

/* about_csr.c */
unsigned riscv_about_parts(const struct machine *, reg_t, struct about_part out[ABOUT_PARTS]);
bool riscv_about_is_whole(reg_t);
const char *riscv_about_part_text(const struct machine *, reg_t, const struct about_part *, uint64_t value, char out[ABOUT_PART_TEXT]);

/* about_interrupt.c */
enum { RISCV_ABOUT_LINES = 6 };
extern const struct about_line riscv_about_lines[RISCV_ABOUT_LINES];
void riscv_about_interrupt(const struct machine *, unsigned line, struct about_interrupt *);
int riscv_about_next_interrupt(const struct machine *);
void riscv_about_interrupt_way(const struct machine *, unsigned line, uint64_t mode, char *out, size_t size);
void riscv_about_interrupt_source(const struct machine *, unsigned line, struct about_source *);

/* about_system.c */
bool riscv_about_named(unsigned row, insn_t bits, struct about_named *);
bool riscv_about_naming(unsigned row, reg_t, insn_t *match, insn_t *mask);
bool riscv_about_orders(const struct machine *, unsigned row, insn_t bits, struct fence *);
struct trap riscv_about_predict(const struct machine *, uint64_t mode, insn_t bits);
void riscv_about_assignment(const struct trap *, va_t pc, char *out, size_t size);

/* about_gdb.c */
enum { RISCV_GDB_PC = 32 };
bool riscv_about_gdb_register(uint64_t number, struct about_gdb *);
bool riscv_about_gdb_listed(unsigned index, struct about_gdb *);

#endif
