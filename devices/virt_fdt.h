/* virt_fdt.h - private between virt.c and virt_fdt.c: the board, told to the guest as a flattened device tree. */
#ifndef TRAPEZE_DEVICES_VIRT_FDT_H
#define TRAPEZE_DEVICES_VIRT_FDT_H

#include "devices/virt.h"

/* The device tree blob. initrd_start == initrd_end: none. *out is malloc'd. -errno. */
MUST_CHECK int virt_fdt_build(const struct virt_config *, const char *bootargs, pa_t initrd_start, pa_t initrd_end, uint8_t **out,
                              size_t *size);

#endif
