/* decoded.h - what the engine of a bare machine keeps of a guest's code, for people to look at (isa/about.h). */
#ifndef TRAPEZE_ISA_DECODED_H
#define TRAPEZE_ISA_DECODED_H

#include "mmu/base.h"

/* In pages of the machine's memory. */
struct about_decoded {
    unsigned room, used;       /* at most, and now */
    uint64_t host_bytes;       /* of the host's memory, the most there were at one time */
    uint64_t decoded, evicted; /* since it was made: made, and taken back for want of room */
    /* If it translates (code_room): since it was made; bytes; pages whose machine code went when written, for room, with their records */
    uint64_t stretches, translated, code_bytes, code_room, thrown_written, thrown_full, thrown_dropped;
};

/* Bytes of machine code that are there for one instruction of the guest. */
enum about_piece_kind {
    PIECE_ENTRY, /* where one gets into the stretch */
    PIECE_HOT,   /* on the way straight on */
    PIECE_APART, /* behind all that: what is unlikely, and ways out */
};
struct about_piece {
    pa_t pa; /* of the instruction */
    enum about_piece_kind kind;
    uint32_t at, size;    /* bytes from the beginning of all machine code */
    const uint8_t *bytes; /* borrowed: good until the machine runs */
};
/* A way out of stretches that all of them share. */
struct about_shared {
    uint32_t at;
    const char *name; /* "the careful body"; NULL: there are no more */
};
enum { ABOUT_SHARED = 6 };
/* What was translated together. */
struct about_stretch {
    const char *host;                         /* the instruction set of the machine code, "x86-64" */
    unsigned count;                           /* pieces, by address of the instruction, of one in the order of their kinds */
    struct about_piece *piece;                /* owned */
    struct about_shared shared[ABOUT_SHARED]; /* the last one has no name */
};

#endif
