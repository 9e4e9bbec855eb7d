/* pages.h - the pool of decoded pages. */
#ifndef TRAPEZE_ISA_RISCV_PAGES_H
#define TRAPEZE_ISA_RISCV_PAGES_H

#include "isa/riscv/engine.h"
#include "isa/riscv/record.h"

enum { CODE_PAGES = 2048 /* in the pool */ };

/* The decoded copy of this page of RAM: that of these addresses if they are watched, else the one that serves all. NULL: there is none. */
struct code_page *code_page_find(struct hart *, struct ram *, uint64_t offset, bool watched, va_t, pa_t);
/* That which serves all, to look at; NULL: there is none. */
const struct code_page *code_page_known(const struct interpreter *, const struct ram *, uint64_t offset);
/* A page that was not decoded yet. Between instructions only, when no other is held: they may go. */
struct code_page *code_page_create(struct hart *, struct ram *, uint64_t offset);

/* As the seam has them (struct hart_engine). */
MUST_CHECK int code_pages_create(struct hart *);
void code_pages_destroy(struct hart *);
void code_pages_context_changed(struct hart *, enum engine_change);
void code_pages_written(struct hart *, struct ram *, uint64_t offset, size_t length);
bool code_pages_kept(const struct hart *, struct ram *, uint64_t offset);
bool code_pages_counts(const struct hart *, struct engine_counts *);

#endif
