/* pc_private.h - between pc.c, pc_place.c and pc_look.c only. */
#ifndef TRAPEZE_DEVICES_PC_PRIVATE_H
#define TRAPEZE_DEVICES_PC_PRIVATE_H

#include "devices/cmos.h"
#include "devices/fpu_error.h"
#include "devices/i8042.h"
#include "devices/i8254.h"
#include "devices/i8259.h"
#include "devices/ide.h"
#include "devices/ioapic.h"
#include "devices/pc.h"
#include "devices/port_misc.h"
#include "devices/uart16550.h"
#include "devices/vga_text.h"

enum { PC_CHANNELS = PC_DRIVES / IDE_DRIVES };
enum { PC_IRQ_TIMER = 0, PC_IRQ_KEYBOARD = 1, PC_IRQ_SERIAL = 4, PC_IRQ_CLOCK = 8, PC_IRQ_FPU = 13, PC_IRQ_IDE = 14 };

/* Devices keep pointers to one another and to the drives (a wire's opaque, a channel's disk), so a board is made where it stays,
 * and is not copied. */
struct pc {
    struct board board;      /* first */
    struct pc_config config; /* its strings are borrowed */
    struct board_site site;
    struct i8259 pic;
    struct lapic lapic;
    struct ioapic ioapic;
    struct i8254 timer;
    struct cmos cmos;
    struct i8042 keyboard;
    struct uart serial;
    struct vga_text vga;
    struct port_misc misc;
    struct fpu_error fpu_error;
    struct drive drive[PC_DRIVES];
    struct ide ide[PC_CHANNELS];
};

/* pc_place.c: puts everything in its places, all or nothing. -errno with the sentence. */
MUST_CHECK int pc_place(struct pc *, struct error *);
void pc_unplace(struct pc *);
/* pc_look.c */
void pc_describe(const struct pc *, enum board_view, FILE *);
void pc_raised(const struct pc *, uint64_t line, bool now, char *text, size_t size);

#endif
