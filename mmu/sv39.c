/* sv39.c - three levels, 512 GiB of virtual addresses [priv 12.4]:
 *
 *    63        39 38     30 29     21 20     12 11        0
 *   | copies of 38 |  VPN[2] |  VPN[1] |  VPN[0] |  offset   |      a leaf maps 1 GiB, 2 MiB or 4 KiB
 */
#include "mmu/sv.h"

const struct pt_format pt_sv39 = {
    .name = "sv39",
    .levels = 3,
    .index_bits = 9,
    .pte_size = 8,
    .va_bits = 39,
    .mode = 8,
    .walk = sv_walk,
    .leaf = sv_leaf,
    .table = sv_table,
    .is_table = sv_is_table,
    .address = sv_address,
};
