/* code_cache.h - the code cache of the monitor that translates (VMM_TRANSLATE): blocks of translated code in memory of the host's, and the
 * books about them: which block stands for an address of the guest, which instruction of the guest one of the cache is, which bytes of the
 * guest's memory a block was made of, and which block jumps to which.
 *
 * It knows no instruction set. Space is handed out upwards, and is not used again before all of it is emptied: so nobody meets other code
 * where he was going to. A block that has become wrong is only taken out of the books; jumps that led to it lead to their stubs again.
 *
 *    address of the guest --- find ---> block --- its place ---> [ insn insn jcc ... exit | stub stub ] of the host's memory
 *    page of the guest's RAM --- its blocks ---> ...                          |               ^
 *                                                                             '--- link -----' or the block that it stands for
 */
#ifndef TRAPEZE_CORE_VMM_CODE_CACHE_H
#define TRAPEZE_CORE_VMM_CODE_CACHE_H

#include "core/vmm/vcpu.h"

enum { CODE_CACHE_BYTES = 4 << 20 };
enum { CODE_INSNS = 192, CODE_LINKS = CODE_INSNS, CODE_BYTES = 17 * CODE_INSNS + 32, CODE_PIECES = 4 };
#define CODE_NONE UINT32_MAX

/* What an instruction in the cache is. */
enum code_kind {
    CODE_COPY,      /* the guest's, as it is, or one that means the same */
    CODE_SENSITIVE, /* an exit: the v_i of the row is to run */
    CODE_FLOW,      /* an exit: a transfer whose target must be looked up */
    CODE_INTERPRET, /* an exit: the interpreter is to do it */
    CODE_GO         /* an exit that stands for no instruction: the guest is at `pc` */
};

struct code_insn {
    insn_t bits;   /* as it stands in the guest's memory */
    va_t pc;       /* there */
    uint32_t at;   /* in the cache; in a plan, in the block */
    uint32_t link; /* of CODE_GO: the jump that leads here; CODE_NONE: none does */
    uint16_t row;
    uint8_t length, kind;
};

/* Bytes of a page that a block was made of. */
struct code_piece {
    va_t at;           /* the page, in the guest's address space */
    uint32_t page;     /* of the guest's RAM, by number */
    uint16_t from, to; /* [from, to) in it */
};

/* A block to be made. */
struct code_plan {
    va_t pc;
    struct code_piece piece[CODE_PIECES];
    unsigned pieces, insns, links, size;
    struct code_insn insn[CODE_INSNS + CODE_LINKS + 1];
    struct {
        uint32_t site; /* of the 32-bit distance in the jump, which is counted from behind it */
        uint32_t stub; /* where it leads as yet, an instruction of the kind CODE_GO */
        va_t pc;       /* ... for this address of the guest */
    } link[CODE_LINKS];
    uint8_t bytes[CODE_BYTES];
};

struct code_cache;

MUST_CHECK int code_cache_create(struct code_cache **out, struct machine *host, hpa_t memory, uint64_t pages); /* 0 or -ENOMEM */
void code_cache_destroy(struct code_cache *);

/* Where the block of this address begins; CODE_NONE: there is none. */
uint32_t code_cache_find(struct code_cache *, va_t pc);
/* The same of an address inside of a block, which is in the books from now on. The page is where in the guest's RAM it lies. */
uint32_t code_cache_inside(struct code_cache *, uint32_t page, va_t pc);
/* Adds a block, and returns where it begins. CODE_NONE: no room; whoever asks empties the cache first. */
uint32_t code_cache_add(struct code_cache *, const struct code_plan *);
/* The instruction at this place. NULL: there is none. */
const struct code_insn *code_cache_insn(const struct code_cache *, uint32_t at);
/* The same, for places that are asked for over and over. */
const struct code_insn *code_cache_exit(struct code_cache *, uint32_t at);
/* The jump leads to that block from now on, until one of the two goes. */
void code_cache_link(struct code_cache *, uint32_t link, uint32_t at);
void code_cache_empty(struct code_cache *);

/* These bytes of the page were written. Takes away what was made of them; false: nothing was. */
bool code_cache_written(struct code_cache *, uint32_t page, unsigned from, unsigned to);
/* Takes away all that was made of this page by way of that address of the guest, or of any. */
void code_cache_drop(struct code_cache *, uint32_t page, const va_t *by);
bool code_cache_has(const struct code_cache *, uint32_t page); /* something was made of it */

#endif
