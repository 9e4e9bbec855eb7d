/* print.h - values and memory on their way to a person. */
#ifndef TRAPEZE_MONITOR_VIEW_PRINT_H
#define TRAPEZE_MONITOR_VIEW_PRINT_H

#include "monitor/debug/format.h"
#include "monitor/repl/command.h"

/* All of these return 0, or -errno with the sentence. FORMAT_TEXT and a symbol's 96 bytes are room enough for
 * print_expression(). */
/* Evaluates the text and writes what `p` would: letter 0 for the value's own way. *value gets it. */
MUST_CHECK int print_expression(struct debugger *, const char *text, const struct format *, struct value *value, char *out,
                                size_t room, struct error *);
/* Likewise of an object of the program or any expression, at any length: *out is to be freed. */
MUST_CHECK int print_any(struct debugger *, const char *text, const struct format *, struct value *value, char **out, struct error *);
/* Shows a display: "1: $a0 = 5". What fails is said in its place. */
void print_display(struct debugger *, const struct display *);
/* Examines memory as x/FMT does, from `at` on; *next gets where it ended. */
MUST_CHECK int print_memory(struct debugger *, enum space, const struct format *, uint64_t at, uint64_t *next, struct error *);

#endif
