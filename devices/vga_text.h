/* vga_text.h - a VGA that is always in text mode: 80 columns, 25 rows, sixteen colours. Its registers are kept; of what they do there is the cursor and
 * the start address, by which text is scrolled. Its memory is a part of the machine's, where text is: nothing happens when a guest writes there.
 *
 * "VGA" is IBM's PS/2 Hardware Interface Technical Reference, video subsystem.
 */
#ifndef TRAPEZE_DEVICES_VGA_TEXT_H
#define TRAPEZE_DEVICES_VGA_TEXT_H

#include "devices/board.h"

#define VGA_TEXT UINT64_C(0xb8000)
enum { VGA_TEXT_SIZE = 0x8000, VGA_COLUMNS = 80, VGA_ROWS = 25 };
enum { VGA_CRTC = 32, VGA_SEQUENCER = 8, VGA_GRAPHICS = 16, VGA_ATTRIBUTE = 32, VGA_COLOURS = 3 * 256 };

/* A cell of the screen is two bytes of memory from b8000 on, row by row from the start address of the CRTC:
 *
 *    15  14     12  11      8  7            0
 *   | b | behind | character |  code page 437 |      b: it blinks; colours: 1 blue, 2 green, 4 red, 8 bright
 *
 * So "A", yellow on blue, in the second row is the word 0x1e41 at b80a0. */
struct vga_text {
    uint8_t crtc[VGA_CRTC], sequencer[VGA_SEQUENCER], graphics[VGA_GRAPHICS], attribute[VGA_ATTRIBUTE];
    uint8_t crtc_index, sequencer_index, graphics_index, attribute_index;
    bool attribute_data; /* the next write to 3c0 is data */
    uint8_t misc;
    uint8_t colour[VGA_COLOURS];        /* the DAC: red, green, blue of each; six bits */
    uint16_t colour_read, colour_write; /* indices into it */
    uint8_t retrace;                    /* of 3da; it changes whenever it is read */
};

extern const struct phys_io vga_text_io; /* ports 3c0 to 3df */
void vga_text_reset(struct vga_text *);
void vga_text_state(struct vga_text *, struct state *);
/* What there is to see; `phys` has its memory. */
void vga_text_look(const struct vga_text *, const struct phys *, struct board_screen *);

#endif
