/* object_private.h - an object at hand; for object*.c and location.c. */
#ifndef TRAPEZE_MONITOR_DEBUG_OBJECT_PRIVATE_H
#define TRAPEZE_MONITOR_DEBUG_OBJECT_PRIVATE_H

#include "monitor/debug/object.h"

#ifdef TRAPEZE_DWARF
#include "monitor/debug/ctype.h"

enum { OBJECT_MAX = 65536 /* bytes; gdb's max-value-size */ };

/* Where the bytes of an object come from:
 *
 *     in_memory, bytes NULL     at `address`, not read yet (object_load())
 *     in_memory, bytes          read
 *     not in_memory, bytes      put together from registers and constants; lost[i]: byte i has no value
 *     neither                   all of it is lost: "<optimized out>"
 *
 * object_release() frees both arrays, and leaves a struct that may be released again. */
struct object {
    Dwarf_Die type;
    bool is_void; /* it has no type */
    bool is_cast; /* asked for was its address, (TYPE *)ADDRESS */
    uint64_t size;
    bool in_memory;
    uint64_t address;
    uint8_t *bytes;                /* owned; NULL: not read yet (in memory), or all of it is lost */
    uint8_t *lost;                 /* owned; a byte for each: the compiler kept no value of it; NULL: none is lost */
    unsigned bit_offset, bit_size; /* bit_size 0: no bit field */
};

/* Where the names of a frame are looked up, and registers taken from. */
struct object_view {
    struct debugger *d;
    struct frame frame;
    struct scopes scopes;
    bool has_scopes;
    unsigned first, end; /* scopes of the frame's function */
    uint64_t cfa;
    bool has_cfa;
};

void object_view(struct debugger *, const struct frame *, struct object_view *);
void object_release(struct object *);
/* What a variable's DIE stands for. Whatever cannot be found is lost. -ENOMEM and others with the sentence. */
MUST_CHECK int location_find(const struct object_view *, const struct symbol_file *, Dwarf_Die *variable, struct object *,
                             struct error *);
/* Reads it, if it lies in memory and is not too large. */
MUST_CHECK int object_load(const struct debugger *, struct object *, struct error *);
/* The variable or enumerator of that name. -ENOENT without a sentence: there is none. */
MUST_CHECK int object_by_name(struct object_view *, const char *name, struct object *, struct error *);
/* The object that a path names; *rest is what follows. */
MUST_CHECK int object_parse(struct object_view *, const char *text, const char **rest, struct object *, struct error *);
/* A type's name in parentheses or alone: "struct process *". *pointers: stars behind it. */
bool object_parse_type(const struct debugger *, const char **text, Dwarf_Die *type, unsigned *pointers);
uint64_t object_bits(const struct object *); /* of a loaded scalar, extended by its type */
/* The value of a loaded object. top: as gdb says it of a whole expression, with the type of a pointer. */
void object_write(struct debugger *, const struct object *, const struct format *, bool top, FILE *out);
#endif

#endif
