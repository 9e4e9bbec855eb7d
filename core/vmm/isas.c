/* isas.c - the instruction sets for which there is a VMM.
 */
#include "core/vmm/vmm_isa.h"

#include <string.h>

const struct vmm_isa *vmm_isa_find(const struct isa *isa)
{
    static const struct vmm_isa *const known[] = {
#define VIRTUAL(id) &vmm_isa_##id,
#include "isa/isas.def"
    };

    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i]->name, isa->name) == 0)
            return known[i];
    return NULL;
}
