/* state.h - the state of a device as bytes. One function for each device names its fields, and serves for saving and for restoring,
 * so that the two cannot disagree about what there is. Configuration and wiring are no state: what is restored was built alike.
 *
 * A device that was restored drives its wires and has its events scheduled as they were. Bytes may come from a file: what a field
 * may not hold is refused, and whoever restores puts back what he saved before.
 */
#ifndef TRAPEZE_DEVICES_STATE_H
#define TRAPEZE_DEVICES_STATE_H

#include "devices/clock.h"

struct state {
    bool restoring;
    bool failed;    /* saving: no memory. Restoring: the bytes ended early, or a field was refused. Sticky */
    uint8_t *bytes; /* saving: owned, grows. Restoring: borrowed */
    size_t size;    /* of the bytes there are */
    size_t room;    /* saving: of bytes */
    size_t at;      /* restoring: the next one */
};

static inline struct state state_save(void) { return (struct state){0}; }
static inline struct state state_restore(const void *bytes, size_t size)
{
    return (struct state){.restoring = true, .bytes = (uint8_t *)(uintptr_t)bytes, .size = size};
}
void state_free(struct state *); /* what saving took */

/* Each saves the field, or restores it. A field is left alone once the state has failed. */
void state_bytes(struct state *, void *, size_t);
void state_u8(struct state *, uint8_t *);
void state_u16(struct state *, uint16_t *);
void state_u32(struct state *, uint32_t *);
void state_u64(struct state *, uint64_t *);
void state_bool(struct state *, bool *);
void state_unsigned(struct state *, unsigned *, unsigned below); /* restoring refuses what is not below */
void state_event(struct state *, struct clock *, struct event *);
void state_refuse_unless(struct state *, bool); /* of a field just restored */

#endif
