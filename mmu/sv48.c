/* sv48.c - four levels, 256 TiB of virtual addresses [priv 12.5]:
 *
 *    63        48 47     39 38     30 29     21 20     12 11        0
 *   | copies of 47 |  VPN[3] |  VPN[2] |  VPN[1] |  VPN[0] |  offset   |      a leaf maps 512 GiB, 1 GiB, 2 MiB or 4 KiB
 */
#include "mmu/sv.h"

const struct pt_format pt_sv48 = {
    .name = "sv48",
    .levels = 4,
    .index_bits = 9,
    .pte_size = 8,
    .va_bits = 48,
    .mode = 9,
    .walk = sv_walk,
    .leaf = sv_leaf,
    .table = sv_table,
    .is_table = sv_is_table,
    .address = sv_address,
};
