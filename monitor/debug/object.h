/* object.h - objects of the guest's program: variables and what they consist of, found by the compiler's description (DWARF) and read
 * through the machine looked at. Without libdw there are none: every function says so.
 *
 *   p x   p *ptr   p a.b   p a->b   p arr[3]   p &x   p *(struct process *)$a0   ptype x
 */
#ifndef TRAPEZE_MONITOR_DEBUG_OBJECT_H
#define TRAPEZE_MONITOR_DEBUG_OBJECT_H

#include "monitor/debug/format.h"
#include "monitor/debug/frames.h"

/* Is it the name of a variable or enumerator where the selected frame is? */
bool object_is_name(const struct debugger *, const char *name);
/* Does the text begin as one of an object does: with such a name, or with a cast to a type of the program? */
bool object_is_path(const struct debugger *, const char *text);
/* Writes the object as gdb's `p` does. *value gets its number where it is one, or its address. -errno with the sentence. */
MUST_CHECK int object_print(struct debugger *, const char *path, const struct format *, FILE *out, struct value *value,
                            struct error *);
/* Its number, for an expression. address: where it lies, typed as a pointer to it. */
MUST_CHECK int object_value(struct debugger *, const char *path, bool address, struct value *, struct error *);
/* whatis, or ptype (expand): of an object or of a type. */
MUST_CHECK int object_type(struct debugger *, const char *text, bool expand, FILE *out, struct error *);

enum object_group { OBJECT_ARGUMENTS, OBJECT_LOCALS };
struct object_style {
    const char *equals, *separator; /* between name and value, and between two */
    bool scalars;                   /* what is a struct or an array is "..." */
};
/* Each with its name; returns how many there are. */
unsigned object_each(struct debugger *, const struct frame *, enum object_group, const struct object_style *, FILE *out);
/* The function that a frame is of, as its source names it: NULL: not known. Inlined ones, too. */
const char *object_function(const struct debugger *, const struct frame *);

#endif
