/* code.h - decoded instructions, kept by page of RAM, and their staying true to memory. */
#ifndef TRAPEZE_ISA_IA32_CODE_H
#define TRAPEZE_ISA_IA32_CODE_H

#include "isa/ia32/cpu.h"

enum { CODE_RECORDS = 1024 };

/* A page of RAM as code of one context: the records of the instructions in it that were executed. */
struct ia_code_page {
    struct ram *ram; /* NULL: not in use */
    uint64_t ram_offset;
    const uint8_t *host;
    uint32_t context;
    uint32_t used;             /* records; 0 is none */
    uint32_t writes;           /* to the page, since it was last looked up */
    struct ia_code_page *next; /* of the same bucket, or unused */
    uint16_t first[PAGE_SIZE]; /* of each byte: the record of the instruction that begins there; 0: none is decoded */
    ia_insn record[CODE_RECORDS];
};

MUST_CHECK int ia_code_create(struct ia_cpu *);
void ia_code_destroy(struct ia_cpu *);
/* The page at `offset` of the block, in the context that is in force. NULL: no more blocks can be watched. */
struct ia_code_page *ia_code_page(struct ia_cpu *, struct ram *, uint64_t offset);
/* A record for the instruction at this byte of the page, to be filled in. */
ia_insn *ia_code_record(struct ia_code_page *, unsigned at);
/* Forgets everything. */
void ia_code_forget(struct ia_cpu *);
/* Hears of writes to the block, whoever makes them. false: it hears of too many already; keep no pointers to it. */
MUST_CHECK bool ia_code_watch(struct ia_cpu *, struct ram *);

#endif
