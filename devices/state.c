/* state.c - fields to bytes and back: little-endian, one after the other, without names: both sides are the same function. */
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

void state_event(struct state *s, struct clock *c, struct event *e)
{
    uint64_t when = e->when, order = when == UINT64_MAX ? 0 : e->order;
    state_u64(s, &when);
    state_u64(s, &order);
    if (s->restoring && !s->failed)
        clock_schedule_again(c, e, when, order);
}
