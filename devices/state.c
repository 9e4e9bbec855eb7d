/* state.c - fields to bytes and back: little-endian, one after the other, without names: both sides are the same function.
 *
 * What is saved of three fields, a byte 0x12, a word 0x0345 and a bool that holds (a bool is saved as four bytes):
 *
 *     12 | 45 03 | 01 00 00 00
 *     u8   u16     bool: state_unsigned() below 2
 *
 * There are neither lengths nor names: a field that is added, or that moves, makes older bytes another state. So a checkpoint's
 * file has a number of its format, which is to be raised then.
 */
#include "devices/state.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "fields are saved as they lie");

void state_free(struct state *s)
{
    if (!s->restoring)
        free(s->bytes);
    *s = (struct state){.failed = true};
}

/* Saving grows the bytes by doubling, so a board with many fields costs few calls of realloc(). */
static bool make_room(struct state *s, size_t length)
{
    if (s->room - s->size >= length)
        return true;
    size_t room = s->room ? 2 * s->room : 1024;
    while (room - s->size < length)
        room *= 2;
    uint8_t *grown = realloc(s->bytes, room);
    if (!grown)
        return false;
    s->bytes = grown;
    s->room = room;
    return true;
}

/* Both directions are this one function, and all others call it. Once something has failed nothing is moved: neither a field is
 * changed by bytes that are not to be trusted, nor is half a state taken for a whole one. */
void state_bytes(struct state *s, void *field, size_t length)
{
    if (s->failed)
        return;
    s->failed = s->restoring ? length > s->size - s->at : !make_room(s, length);
    if (s->failed)
        return;
    if (s->restoring) {
        memcpy(field, s->bytes + s->at, length);
        s->at += length;
    } else {
        memcpy(s->bytes + s->size, field, length);
        s->size += length;
    }
}

void state_u8(struct state *s, uint8_t *v) { state_bytes(s, v, sizeof *v); }
void state_u16(struct state *s, uint16_t *v) { state_bytes(s, v, sizeof *v); }
void state_u32(struct state *s, uint32_t *v) { state_bytes(s, v, sizeof *v); }
void state_u64(struct state *s, uint64_t *v) { state_bytes(s, v, sizeof *v); }

void state_refuse_unless(struct state *s, bool fine) { s->failed |= s->restoring && !fine; }

/* `unsigned` may be of any width, so what is stored has a fixed one. Indices of arrays go through here: what a file says is
 * compared before somebody uses it. */
void state_unsigned(struct state *s, unsigned *v, unsigned below)
{
    uint32_t word = *v;
    state_u32(s, &word);
    state_refuse_unless(s, word < below);
    if (!s->failed)
        *v = word;
}

void state_bool(struct state *s, bool *v)
{
    unsigned word = *v;
    state_unsigned(s, &word, 2);
    *v = word;
}

/* The order goes with the time: two events that are due at the same unit fire in the order in which they were scheduled, also in
 * the run that goes on from the saved one. An event that is not scheduled has no order; it is saved as 0, so that equal boards
 * have equal bytes. */
void state_event(struct state *s, struct clock *c, struct event *e)
{
    uint64_t when = e->when, order = when == UINT64_MAX ? 0 : e->order;
    state_u64(s, &when);
    state_u64(s, &order);
    if (s->restoring && !s->failed)
        clock_schedule_again(c, e, when, order);
}
