/* translator_text.h - where the translator takes the guest's code from: pages of its RAM, met as the guest meets them, or ahead of it.
 */
#ifndef TRAPEZE_CORE_VMM_TRANSLATOR_TEXT_H
#define TRAPEZE_CORE_VMM_TRANSLATOR_TEXT_H

#include "core/vmm/vcpu.h"

/* What a block is made from: a page of the guest's RAM, its bytes, and the page behind it, if that may be had. */
struct translator_text {
    struct vcpu *vcpu;
    va_t at; /* of the guest's: the page */
    const uint8_t *byte[2];
    uint32_t page[2];
};

/* The page at this address, or the one behind it. false: *t has the fault; TRAP_NONE: it is none of the guest's RAM. */
bool translator_text(struct translator_text *, unsigned which, struct trap *t);
/* The same before the guest has come to it: only where nobody can tell. */
bool translator_text_ahead(struct translator_text *, unsigned which);
/* Up to 15 bytes from `offset` of the page on; how many. */
unsigned translator_text_bytes(const struct translator_text *, unsigned offset, uint8_t out[16]);

#endif
