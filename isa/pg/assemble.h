/* assemble.h - private to assemble.c, which knows statements, and assemble_words.c, which knows what they consist of. All functions
 * read on from `at`; those with an int return 0, or -EINVAL or -ENOMEM with the sentence.
 */
#ifndef TRAPEZE_ISA_PG_ASSEMBLE_H
#define TRAPEZE_ISA_PG_ASSEMBLE_H

#include "isa/pg.h"

enum { ASM_WORD_MAX = PG_NAME_MAX };

/* Labels and named values are one list, so that no name has two meanings. */
struct asm_symbol {
    char name[ASM_WORD_MAX + 1];
    uint64_t value;
    unsigned line;
    bool is_label; /* else the name of an expression's value */
};

/* One text on its way to cells. What the two passes share is `symbol`; `here` and `line` begin anew with each. */
struct assembler {
    const char *file;
    unsigned line;
    bool second;          /* pass */
    const char *at, *end; /* what is left of the line */
    uint64_t here, top;   /* the cell at hand; one past the last that has something */
    uint64_t *cell;       /* [top], in the second pass */
    unsigned *writer;     /* [top], likewise: the line that wrote the cell; 0: none */
    struct asm_symbol *symbol;
    unsigned symbols, room;
    struct error *error;
};

MUST_CHECK int asm_fail(struct assembler *, const char *format, ...) PRINTF_LIKE(2, 3); /* -EINVAL */
bool asm_at_end(struct assembler *);                                                    /* of the line, but for a comment */
bool asm_take(struct assembler *, char c);                                              /* if it stands here */
const char *asm_found(struct assembler *, char text[8]); /* what stands here instead of what should, for sentences */
MUST_CHECK int asm_word(struct assembler *, char out[ASM_WORD_MAX + 1], const char *what);
MUST_CHECK int asm_comma(struct assembler *);
MUST_CHECK int asm_character(struct assembler *, uint64_t *value); /* of '...' or "...", its escape undone */
MUST_CHECK int asm_symbol_define(struct assembler *, const char *name, uint64_t value, bool is_label);
MUST_CHECK int asm_expression(struct assembler *, bool now, uint64_t *value); /* now: all names in it must be known */
MUST_CHECK int asm_field(struct assembler *, const char *what, unsigned bits, uint64_t *value);

#endif
