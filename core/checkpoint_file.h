/* checkpoint_file.h - what a checkpoint is as a file; private to the two that write and read it.
 *
 *   magic 16   format 4   zero 4   length of the head 8   number of pages 8
 *   head       program; what the machine is, as names and values; instructions, moment; of what parts it is made; the state of the
 *              system (system_state.c); counts
 *   pages      key 8, bytes 4096 each, ascending
 *   sum 8      of all before it
 */
#ifndef TRAPEZE_CORE_CHECKPOINT_FILE_H
#define TRAPEZE_CORE_CHECKPOINT_FILE_H

#include "core/time/checkpoint_private.h"

enum { FILE_FORMAT = 6, FILE_SUM_SIZE = 8, FILE_TEXT = 256, FILE_FACTS = 24 };
extern const char file_magic[16];

struct file_prefix {
    char magic[16];
    uint32_t format, zero;
    uint64_t head, pages;
};
_Static_assert(sizeof(struct file_prefix) == 40 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "as drawn above, and little-endian");

/* Something about the machine or its board that has to be the same there; those that are not needed are empty. */
struct file_fact {
    const char *name;
    char value[FILE_TEXT];
};

struct file_head {
    char program[FILE_TEXT];
    struct file_fact fact[FILE_FACTS];
    uint64_t retired;
    struct system_moment moment;
    char kind[FILE_TEXT]; /* of machine that the counts are of */
    uint64_t counted_from;
    uint64_t state_size, counts_size; /* of what follows: the state of the system, counts */
};

struct file_sum {
    uint64_t value;
    uint8_t rest[8];
    unsigned rest_count;
};

void file_head_of(const struct checkpoints *, const char *program, struct file_head *); /* of this system */
void file_head_state(struct file_head *, struct state *);                               /* as all state: one function for both ways */
void file_sum_add(struct file_sum *, const void *bytes, size_t length);
uint64_t file_sum_end(struct file_sum *);

#endif
