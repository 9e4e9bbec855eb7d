/* analyzer.h - included before each source by tests/lint.sh: what clang's analyzer has to be told, who sees one source at a time. */
#include "mmu/base.h"

/* It never returns 0. */
static inline void error_words(const struct error *e, ...) { (void)e; }
#define error_set(e, code, ...) (error_words((e), __VA_ARGS__), (code) > 0 ? -(code) : -1)
