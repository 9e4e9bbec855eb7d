/* pc.h - a board: an IBM PC of the nineties as far as kernels look for one. No PCI, no firmware: what is to run is put there by a loader.
 *
 * RAM is one block from 0 on, 1 MiB at least, that was there before; the board lies over it: 0xa0000 to 0xb7fff is nobody's, 0xb8000 to 0xbffff the text
 * of the screen, and 0xc0000 to 0xfffff is read-only and is there once more at the very top of 4 GiB, where the CPU begins.
 */
#ifndef TRAPEZE_DEVICES_PC_H
#define TRAPEZE_DEVICES_PC_H

#include "devices/board.h"

enum { PC_DRIVES = BOARD_DRIVES, PC_IRQS = 16, PC_HZ = 100000000 /* clock units of a second of the guest's */ };
enum { PC_LINE_INTR, PC_LINE_NMI, PC_LINE_IGNNE = 3 }; /* the CPU's inputs */
enum { PC_NMI = 2 };                                   /* the vector of the second */
enum { PC_TABLES = 0xf0000 };                          /* where board_tables() are to lie */
enum { PC_ROM = 0xc0000, PC_ROM_SIZE = 0x40000 };      /* ends at 1 MiB */
enum { PC_RAM_LEAST = 1 << 20 };
#define PC_PORT_FERR UINT32_C(0x800000f8) /* above the ports of programs: the CPU's output FERR# (isa/ia32.h) */
#define PC_RAM_MOST UINT64_C(0xe0000000)
#define PC_ROM_TOP UINT64_C(0xfffc0000) /* the same, to the top of 4 GiB */

struct pc_drive {
    const char *path; /* borrowed; NULL: none. Two on each channel */
    bool snapshot;    /* writes go to memory and are dropped */
    bool readonly;
};

struct pc_config {
    uint64_t ram_size;
    struct pc_drive drive[PC_DRIVES];
    struct chardev console; /* COM1; ports e9 and 402 write there, too */
    bool keyboard;          /* what comes from the console is typed at the keyboard; else only while the guest has not come to COM1 */
};

/* config: struct pc_config. After a reset snapshots, memory and the time of day are kept. */
board_create_fn pc_create;

#endif
