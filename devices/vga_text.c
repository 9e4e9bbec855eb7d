/* vga_text.c - registers behind indices, and the text as people see it. */
#include "devices/vga_text.h"

#include <string.h>

/* Offsets from 3c0. Four register files are reached by index and data; the attribute controller has one port for both, which
 * takes turns:
 *
 *   3c0 index, data, index, ...   3c1 reads    3c4/3c5 sequencer   3ce/3cf graphics   3d4/3d5 CRTC
 *   3c7 3c8 3c9 palette: where to read, where to write, red green blue in turn        3da status; the next at 3c0 is an index
 */
enum {
    ATTRIBUTE = 0x00,
    ATTRIBUTE_READ,
    MISC_STATUS,
    SEQUENCER = 0x04,
    COLOUR_MASK = 0x06,
    COLOUR_READ,
    COLOUR_WRITE,
    COLOUR_DATA,
    MISC_READ = 0x0c
};
enum { GRAPHICS = 0x0e, CRTC = 0x14, STATUS = 0x1a };
enum { CURSOR_START = 0x0a, CURSOR_END, START_HIGH, START_LOW, CURSOR_HIGH, CURSOR_LOW, CURSOR_OFF = 0x20 };
enum { STATUS_BLANK = 1, STATUS_RETRACE = 8, MISC_USUAL = 0x67 };

/* Mode 3, 80x25 in colour [VGA "Video mode tables"]. */
static const uint8_t crtc_usual[25] = {0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00,
                                       0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff};
static const uint8_t sequencer_usual[5] = {0x03, 0x00, 0x03, 0x00, 0x02};
static const uint8_t graphics_usual[9] = {0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff};
static const uint8_t attribute_usual[21] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a,
                                            0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00};

static uint8_t colour_data(struct vga_text *v)
{
    const uint8_t value = v->colour[v->colour_read];
    v->colour_read = (uint16_t)((v->colour_read + 1) % VGA_COLOURS);
    return value;
}

/* Programs wait for the beam's way back before they write, some for its beginning and others for its end. Nothing is drawn here,
 * and no time passes for it, so each read shows the opposite of the last one: both kinds wait for two reads at most. */
static uint8_t status(struct vga_text *v)
{
    v->attribute_data = false;
    v->retrace ^= STATUS_BLANK | STATUS_RETRACE;
    return v->retrace;
}

/* An index beyond its file wraps: no register lies there, and none of ours is exceeded. */
static uint8_t register_read(struct vga_text *v, uint64_t port)
{
    switch (port) {
    case ATTRIBUTE: return v->attribute_index;
    case ATTRIBUTE_READ: return v->attribute[v->attribute_index % VGA_ATTRIBUTE];
    case SEQUENCER: return v->sequencer_index;
    case SEQUENCER + 1: return v->sequencer[v->sequencer_index % VGA_SEQUENCER];
    case COLOUR_MASK: return 0xff;
    case COLOUR_WRITE: return (uint8_t)(v->colour_write / 3);
    case COLOUR_DATA: return colour_data(v);
    case MISC_READ: return v->misc;
    case GRAPHICS: return v->graphics_index;
    case GRAPHICS + 1: return v->graphics[v->graphics_index % VGA_GRAPHICS];
    case CRTC: return v->crtc_index;
    case CRTC + 1: return v->crtc[v->crtc_index % VGA_CRTC];
    case STATUS: return status(v);
    default: return MISC_STATUS == port ? 0 : 0xff;
    }
}

static void attribute_write(struct vga_text *v, uint8_t value)
{
    if (v->attribute_data)
        v->attribute[v->attribute_index % VGA_ATTRIBUTE] = value;
    else
        v->attribute_index = value & 0x3f;
    v->attribute_data = !v->attribute_data;
}

static void colour_write(struct vga_text *v, uint8_t value)
{
    v->colour[v->colour_write] = value & 0x3f;
    v->colour_write = (uint16_t)((v->colour_write + 1) % VGA_COLOURS);
}

static void register_write(struct vga_text *v, uint64_t port, uint8_t value)
{
    switch (port) {
    case ATTRIBUTE: attribute_write(v, value); break;
    case MISC_STATUS: v->misc = value; break;
    case SEQUENCER: v->sequencer_index = value; break;
    case SEQUENCER + 1: v->sequencer[v->sequencer_index % VGA_SEQUENCER] = value; break;
    case COLOUR_READ: v->colour_read = (uint16_t)(3 * value); break;
    case COLOUR_WRITE: v->colour_write = (uint16_t)(3 * value); break;
    case COLOUR_DATA: colour_write(v, value); break;
    case GRAPHICS: v->graphics_index = value; break;
    case GRAPHICS + 1: v->graphics[v->graphics_index % VGA_GRAPHICS] = value; break;
    case CRTC: v->crtc_index = value; break;
    case CRTC + 1: v->crtc[v->crtc_index % VGA_CRTC] = value; break;
    default: break;
    }
}

/* An index and its data are often written as one word: the bus makes two accesses of it, the index first. */
static bool vga_read(void *opaque, uint64_t port, unsigned size, uint64_t *value)
{
    if (size != 1)
        return false;
    *value = register_read(opaque, port);
    return true;
}

static bool vga_write(void *opaque, uint64_t port, unsigned size, uint64_t value)
{
    if (size != 1)
        return false;
    register_write(opaque, port, (uint8_t)value);
    return true;
}

const struct phys_io vga_text_io = {.read = vga_read, .write = vga_write};

void vga_text_reset(struct vga_text *v)
{
    *v = (struct vga_text){.misc = MISC_USUAL};
    memcpy(v->crtc, crtc_usual, sizeof crtc_usual);
    memcpy(v->sequencer, sequencer_usual, sizeof sequencer_usual);
    memcpy(v->graphics, graphics_usual, sizeof graphics_usual);
    memcpy(v->attribute, attribute_usual, sizeof attribute_usual);
}

void vga_text_state(struct vga_text *v, struct state *s)
{
    uint8_t *const bytes[] = {&v->crtc_index, &v->sequencer_index, &v->graphics_index, &v->attribute_index, &v->misc, &v->retrace};
    state_bytes(s, v->crtc, sizeof v->crtc);
    state_bytes(s, v->sequencer, sizeof v->sequencer);
    state_bytes(s, v->graphics, sizeof v->graphics);
    state_bytes(s, v->attribute, sizeof v->attribute);
    state_bytes(s, v->colour, sizeof v->colour);
    for (unsigned n = 0; n < sizeof bytes / sizeof bytes[0]; n++)
        state_u8(s, bytes[n]);
    state_bool(s, &v->attribute_data);
    state_u16(s, &v->colour_read);
    state_u16(s, &v->colour_write);
    state_refuse_unless(s, v->colour_read < VGA_COLOURS && v->colour_write < VGA_COLOURS);
    v->colour_read %= VGA_COLOURS;
    v->colour_write %= VGA_COLOURS;
}

/* --- the screen */

/* Code page 437 in Unicode: what is not ASCII. */
static const uint16_t low[32] = {' ',    0x263a, 0x263b, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022, 0x25d8, 0x25cb, 0x25d9,
                                 0x2642, 0x2640, 0x266a, 0x266b, 0x263c, 0x25ba, 0x25c4, 0x2195, 0x203c, 0x00b6, 0x00a7,
                                 0x25ac, 0x21a8, 0x2191, 0x2193, 0x2192, 0x2190, 0x221f, 0x2194, 0x25b2, 0x25bc};
static const uint16_t high[129] = {
    0x2302, 0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee, 0x00ec,
    0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3,
    0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd,
    0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551,
    0x2557, 0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554,
    0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a,
    0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4,
    0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7,
    0x2248, 0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

static uint16_t unicode(uint8_t c) { return c < 0x20 ? low[c] : c < 0x7f ? c : high[c - 0x7f]; }

/* The memory is a ring of 16,384 cells: a kernel that scrolls by moving the start address comes to its end and goes on at its
 * beginning. The cursor's register counts from the beginning of the memory, not of what is to be seen; it may be out of sight. */
void vga_text_look(const struct vga_text *v, const struct phys *phys, struct board_screen *out)
{
    enum { CELLS = VGA_TEXT_SIZE / 2 };
    uint8_t bytes[VGA_TEXT_SIZE] = {0};
    const unsigned start = (unsigned)v->crtc[START_HIGH] << 8 | v->crtc[START_LOW];
    const unsigned cursor = ((unsigned)v->crtc[CURSOR_HIGH] << 8 | v->crtc[CURSOR_LOW]) - start;
    const bool readable = phys_read(phys, VGA_TEXT, bytes, sizeof bytes) == 0;
    *out = (struct board_screen){.columns = VGA_COLUMNS, .rows = VGA_ROWS};
    for (unsigned n = 0; n < VGA_COLUMNS * VGA_ROWS; n++) {
        const uint8_t *cell = &bytes[(start + n) % CELLS * 2];
        out->cell[n] = (struct board_cell){readable ? unicode(cell[0]) : ' ', cell[1]};
    }
    out->has_cursor = cursor < VGA_COLUMNS * VGA_ROWS && !(v->crtc[CURSOR_START] & CURSOR_OFF);
    out->cursor = out->has_cursor ? cursor : 0;
}
