/* hot.h - what the interpreter tells the translator (native.c), which finds out what is hot. */
#ifndef TRAPEZE_ISA_RISCV_HOT_H
#define TRAPEZE_ISA_RISCV_HOT_H

#include "isa/riscv/record.h"

struct about_decoded;
struct about_stretch;

/* 0, or -errno: then there is to be none. */
MUST_CHECK int native_create(struct interpreter *, size_t pages);
void native_destroy(struct interpreter *);

/* Of a page's records these were decoded in a run, the first `fresh` of `count` just now: what may be jumped to is counted from now on. */
void native_decoded(struct interpreter *, struct code_page *, const uint16_t *slot, unsigned count, unsigned fresh);
/* The bytes [first, last] of the page were written. */
void native_written(struct interpreter *, struct code_page *, unsigned first, unsigned last);
/* The page's records are forgotten, or go with it. */
void native_dropped(struct interpreter *, struct code_page *);
/* Adds what there is to say of the translator, for people. */
void native_about(const struct machine *, struct about_decoded *);
/* about_translated() and about_stretch() of a hart that has decoded pages. */
bool native_translated(const struct machine *, pa_t);
MUST_CHECK int native_stretch(const struct machine *, pa_t, struct about_stretch *);

#endif
