/* address.h - addresses are types: mixing them is the classic bug of a VMM.
 *
 *   guest-virtual --the guest's own translation--> guest-physical --f (vmmap.h)--> host-physical
 */
#ifndef TRAPEZE_CORE_VMM_ADDRESS_H
#define TRAPEZE_CORE_VMM_ADDRESS_H

#include <stdint.h>

typedef struct {
    uint64_t v;
} gva_t; /* guest-virtual */
typedef struct {
    uint64_t v;
} gpa_t; /* guest-physical */
typedef struct {
    uint64_t v;
} hpa_t; /* host-physical */

#endif
