/* x87_env.c - the state of the floating-point unit as memory sees it [SDM 1 8.1.8 to 8.1.10].
 *
 *             16 bits    32 bits    protected mode           real mode, V86
 *   control   0          0
 *   status    2          4
 *   tag       4          8
 *   FIP       6          12         offset                   linear, the low 16 bits
 *   FCS       8          16         selector; 32: and FOP    linear above that; 16: FIP[19:16] << 12; and FOP
 *   FDP       10         20         offset                   linear, the low 16 bits
 *   FDS       12         24         selector                 linear above that << 12
 */
#include "isa/ia32/x87.h"

void x87_init(struct ia_x87 *f)
{
    f->control = X87_CONTROL_INIT;
    f->status = f->tag = 0;
    f->fop = f->fcs = f->fds = 0;
    f->fip = f->fdp = 0;
}

void x87_clear(struct ia_x87 *f) { f->status &= (uint16_t) ~(X87_EXCEPTIONS | X87_SF | X87_ES | X87_B); }

void x87_control_set(struct ia_x87 *f, uint16_t control)
{
    f->control = (uint16_t)((control & X87_CONTROL_BITS) | X87_CONTROL_ONE);
    x87_summarise(f);
}

uint16_t x87_tag_word(const struct ia_x87 *f)
{
    unsigned word = 0;
    for (unsigned n = 0; n < 8; n++) {
        const unsigned exp = f->r[n].se & 0x7fff;
        const bool normal = exp != 0 && exp != 0x7fff && f->r[n].sig >> 63;
        const unsigned tag = !(f->tag >> n & 1) ? 3 : normal ? 0 : !exp && !f->r[n].sig ? 1 : 2;
        word |= tag << 2 * n;
    }
    return (uint16_t)word;
}

static void put(uint8_t *image, unsigned at, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        image[at + i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *image, unsigned at, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)image[at + i] << 8 * i;
    return value;
}

/* The place of the n-th field. Fields are of two bytes, and in a wide image stand in four, the upper two of which are all ones where
 * nothing else is there. */
static unsigned place(unsigned n, bool wide) { return wide ? 4 * n : 2 * n; }

static void put_pointer(uint8_t *image, unsigned n, bool wide, bool paragraphs, uint32_t offset, uint16_t selector, uint16_t opcode)
{
    if (paragraphs) { /* a linear address in two pieces */
        const uint32_t linear = ((uint32_t)selector << 4) + offset;
        put(image, place(n, wide), 2, linear & 0xffff);
        put(image, place(n + 1, wide), wide ? 4 : 2, (wide ? linear >> 16 << 12 : (linear >> 16 & 15) << 12) | opcode);
        return;
    }
    put(image, place(n, wide), wide ? 4 : 2, offset);
    put(image, place(n + 1, wide), 2, selector);
    if (wide && n == 3)
        put(image, place(n + 1, wide) + 2, 2, opcode);
}

void x87_env_store(const struct ia_x87 *f, uint8_t *image, bool wide, bool paragraphs)
{
    const uint16_t words[3] = {f->control, f->status, x87_tag_word(f)};
    for (unsigned i = 0; wide && i < X87_ENV_32; i++)
        image[i] = i % 4 < 2 ? 0 : 0xff;
    for (unsigned n = 0; n < 3; n++)
        put(image, place(n, wide), 2, words[n]);
    put_pointer(image, 3, wide, paragraphs, f->fip, f->fcs, f->fop);
    put_pointer(image, 5, wide, paragraphs, f->fdp, f->fds, 0);
}

static void get_pointer(const uint8_t *image, unsigned n, bool wide, bool paragraphs, uint32_t *offset, uint16_t *selector)
{
    if (paragraphs) {
        const uint32_t above = (uint32_t)get(image, place(n + 1, wide), wide ? 4 : 2) >> 12;
        *offset = (uint32_t)get(image, place(n, wide), 2) | above << 16;
        *selector = 0;
        return;
    }
    *offset = (uint32_t)get(image, place(n, wide), wide ? 4 : 2);
    *selector = (uint16_t)get(image, place(n + 1, wide), 2);
}

void x87_env_load(struct ia_x87 *f, const uint8_t *image, bool wide, bool paragraphs)
{
    const uint16_t tags = (uint16_t)get(image, place(2, wide), 2);
    f->status = (uint16_t)get(image, place(1, wide), 2);
    f->tag = 0;
    for (unsigned n = 0; n < 8; n++)
        f->tag |= (uint16_t)(((tags >> 2 * n & 3u) != 3) << n);
    get_pointer(image, 3, wide, paragraphs, &f->fip, &f->fcs);
    get_pointer(image, 5, wide, paragraphs, &f->fdp, &f->fds);
    /* The opcode: in 16-bit protected mode there is none. */
    const unsigned at = place(4, wide) + (wide && !paragraphs ? 2 : 0);
    f->fop = !wide && !paragraphs ? 0 : (uint16_t)(get(image, at, 2) & 0x7ff);
    x87_control_set(f, (uint16_t)get(image, 0, 2));
}

void x87_registers_store(const struct ia_x87 *f, uint8_t image[X87_REGISTERS])
{
    for (unsigned i = 0; i < 8; i++) {
        put(image, 10 * i, 8, x87_st(f, i).sig);
        put(image, 10 * i + 8, 2, x87_st(f, i).se);
    }
}

void x87_registers_load(struct ia_x87 *f, const uint8_t image[X87_REGISTERS])
{
    for (unsigned i = 0; i < 8; i++)
        f->r[x87_index(f, i)] = (struct x87_ext){get(image, 10 * i, 8), (uint16_t)get(image, 10 * i + 8, 2)};
}
