/* csr_show.h - a control register in its parts, by name: "MODE=8 (Sv39) ASID=1 PPN=0x80203". The parts come from the instruction
 * set's own table (isa->fields) and from csr_show.def.
 */
#ifndef TRAPEZE_MONITOR_VIEW_CSR_SHOW_H
#define TRAPEZE_MONITOR_VIEW_CSR_SHOW_H

#include "isa/machine.h"

enum { CSR_PARTS = 32, CSR_PART_NAME = 20, CSR_PART_TEXT = 96 };

struct csr_part {
    char name[CSR_PART_NAME];
    unsigned low, width;
    const char *values; /* as csr_show.def says */
};

/* The parts of a register of the machine's, from bit 0 up. 0: it is one number, or no control register. */
unsigned csr_parts(const struct machine *, reg_t, struct csr_part out[CSR_PARTS]);
bool csr_is_whole(const struct machine *, reg_t); /* it is one number */
/* One part of the value as people read it: "8 (Sv39)". What pmpaddr means depends on other registers of the machine. */
const char *csr_part_text(const struct machine *, reg_t, const struct csr_part *, uint64_t value, char out[CSR_PART_TEXT]);

#endif
