/* port_misc.c - see port_misc.h. All of them are bytes; what is wider goes to the first one and, as to nobody, to its neighbours. */
#include "devices/port_misc.h"

enum { CONTROL_RESET = 1, CONTROL_A20 = 2, TEXT_IS_THERE = 0xe9 };

static bool control_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    const struct port_misc *p = opaque;
    (void)offset;
    *value = p->control;
    return size == 1;
}

/* The CPU is reset by bit 0 becoming 1; a program that writes 1 again, or that keeps the bit, resets nothing. */
static bool control_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct port_misc *p = opaque;
    (void)offset;
    if (size != 1)
        return false;
    const bool rises = value & ~(unsigned)p->control & CONTROL_RESET;
    p->control = value & (CONTROL_RESET | CONTROL_A20);
    if (rises && p->power.reboot)
        p->power.reboot(p->power.opaque);
    return true;
}

static bool post_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    const struct port_misc *p = opaque;
    (void)offset;
    *value = p->post;
    return size == 1;
}

static bool post_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct port_misc *p = opaque;
    (void)offset;
    if (size != 1)
        return false;
    p->post = (uint8_t)value;
    p->posts++;
    return true;
}

/* How a guest finds out whether there is such a port: 0xff is what the empty bus says, the port's own number that somebody
 * listens. */
static bool text_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)opaque, (void)offset;
    *value = TEXT_IS_THERE;
    return size == 1;
}

static bool text_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    const struct port_misc *p = opaque;
    const uint8_t byte = (uint8_t)value;
    (void)offset;
    if (size == 1 && p->console.write)
        p->console.write(p->console.opaque, &byte, 1);
    return size == 1;
}

/* Drivers of the same port elsewhere read it before they write; the answer says nothing, but there is one. */
static bool exit_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)opaque, (void)offset, (void)size;
    *value = 0;
    return true;
}

/* Of any width: the low byte counts. The status is odd, so that a run which the guest ended is told from one that ended well by
 * itself:
 *
 *   value    0 -> status 1     1 -> 3     2 -> 5    0x7f -> 255    0x80 -> 1 (modulo 256)
 */
static bool exit_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    const struct port_misc *p = opaque;
    (void)size;
    if (offset == 0 && p->power.off)
        p->power.off(p->power.opaque, (int)((value << 1 | 1) & 0xff));
    return true;
}

const struct phys_io port_control_io = {.read = control_read, .write = control_write};
const struct phys_io port_post_io = {.read = post_read, .write = post_write};
const struct phys_io port_text_io = {.read = text_read, .write = text_write};
const struct phys_io port_exit_io = {.read = exit_read, .write = exit_write};

void port_misc_reset(struct port_misc *p)
{
    p->control = CONTROL_A20;
    p->post = 0;
    p->posts = 0;
}

void port_misc_state(struct port_misc *p, struct state *s)
{
    state_u8(s, &p->control);
    state_u8(s, &p->post);
    state_u64(s, &p->posts);
}
