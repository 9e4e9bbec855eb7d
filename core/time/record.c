/* record.c - a list of what the host did, in order, each with the moment of the system at which it did it.
 *
 *   LOOKED, LOOKED_IDLE   the board was told to look for input, by a poll or in a wait
 *   READ                  the console's chardev gave bytes; and how many reads at this clock came away with nothing before
 *   IDLED                 a wait went on to another time than it asked for
 *
 * Whether a read gets bytes depends on nothing else, so reads that find nothing need no entry. `past` is the clock after the latest
 * the system has seen: before it nothing is taken from the host.
 */
#include "core/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The list after somebody has typed `ls` and a newline into a guest that polls now and then, and waits. Of a moment
 * only the clock is shown:
 *
 *   clock      kind          value       length  empty
 *   1052672    LOOKED
 *   1052900    READ          0           3       0        "ls\n", at 0 of `bytes`
 *   1310720    LOOKED_IDLE
 *   1310720    IDLED         1400000                      the wait had asked for a later time, but somebody typed
 */
enum kind { LOOKED, LOOKED_IDLE, READ, IDLED };

struct entry {
    struct system_moment at;
    uint64_t value;  /* READ: where its bytes begin; IDLED: the clock to go to */
    uint32_t length; /* READ */
    uint32_t empty;  /* READ: reads before it */
    enum kind kind;
};

/* Room is made between instructions; what is used up until then, input waits for. */
enum { ENTRIES_AHEAD = 8192, BYTES_AHEAD = 65536 };

struct record {
    struct chardev host_console;
    struct system_host host;
    struct system *system; /* borrowed; NULL: not attached */
    struct entry *entry;   /* owned */
    size_t count, room;
    uint8_t *bytes; /* owned */
    size_t byte_count, byte_room;
    struct record_mark at;
    struct system_moment past; /* valid when it has one */
    bool has_past;
    uint64_t past_output;
    uint64_t looks;    /* of the board's inputs, as far as they are noted */
    enum kind looking; /* what kind of look one would be now */
};

static uint64_t now(const struct record *r) { return clock_now(&r->system->clock); }

/* Is it now (0), was it before (negative), or does it come? */
static int compare_now(const struct record *r, struct system_moment m)
{
    const struct system_moment n = system_now(r->system);
    return system_moment_compare(&m, &n);
}

bool record_replaying(const struct record *r) { return r->at.entry < r->count || (r->has_past && compare_now(r, r->past) > 0); }

/* A poll at the very moment at which the system was left has been made already; a wait there goes on. */
static bool poll_was_made(const struct record *r) { return r->at.entry < r->count || (r->has_past && compare_now(r, r->past) >= 0); }

/* --- the list */

static bool reserve(struct record *r)
{
    if (r->room - r->count < ENTRIES_AHEAD) {
        size_t room = 2 * r->room + 2 * ENTRIES_AHEAD;
        struct entry *grown = realloc(r->entry, room * sizeof *grown);
        if (!grown)
            return false;
        r->entry = grown;
        r->room = room;
    }
    if (r->byte_room - r->byte_count < BYTES_AHEAD) {
        size_t room = 2 * r->byte_room + 2 * BYTES_AHEAD;
        uint8_t *grown = realloc(r->bytes, room);
        if (!grown)
            return false;
        r->bytes = grown;
        r->byte_room = room;
    }
    return true;
}

static void reads_forget(struct record *r) { r->at.idle_reads = 0; }

static unsigned empty_reads(const struct record *r) { return r->at.idle_clock == now(r) ? r->at.idle_reads : 0; }

static void read_was_empty(struct record *r)
{
    r->at.idle_reads = empty_reads(r) + 1;
    r->at.idle_clock = now(r);
}

static void append(struct record *r, struct entry e)
{
    if (r->count == r->room)
        return; /* no memory for longer than ENTRIES_AHEAD */
    e.at = system_now(r->system);
    r->entry[r->count++] = e;
    r->at.entry = r->count;
    reads_forget(r);
}

/* The next entry, if it is of this kind and of now. */
static const struct entry *next(struct record *r, enum kind kind)
{
    const struct entry *e = &r->entry[r->at.entry];
    return r->at.entry < r->count && e->kind == kind && compare_now(r, e->at) == 0 ? e : NULL;
}

static void consume(struct record *r)
{
    r->at.entry++;
    reads_forget(r);
}

/* --- looks. The board counts them, so those that led to a read are noted before it, the others after. */

static void looks_note(struct record *r)
{
    for (uint64_t looks = r->system->board->inputs; r->looks < looks; r->looks++)
        append(r, (struct entry){.kind = r->looking});
}

static void looks_repeat(struct record *r, enum kind kind)
{
    while (next(r, kind)) {
        consume(r);
        board_input(r->system->board);
    }
    r->looks = r->system->board->inputs;
}

/* --- the console */

/* The number of empty reads tells apart several reads at one clock: a guest that asks twice and got its byte at the
 * second time must get it at the second time again. */
static size_t read_again(struct record *r, uint8_t *bytes, size_t room)
{
    const struct entry *e = next(r, READ);
    if (!e || e->empty != empty_reads(r)) {
        read_was_empty(r);
        return 0;
    }
    size_t n = e->length < room ? e->length : room;
    memcpy(bytes, r->bytes + e->value, n);
    consume(r);
    return n;
}

/*T:610 The course of a machine is decided by its state and by what comes from outside. The latter is kept with the clock at which it
 * came; the rest can be computed again. :*/
static size_t read_live(struct record *r, uint8_t *bytes, size_t room)
{
    looks_note(r);
    size_t left = r->byte_room - r->byte_count;
    if (room > left)
        room = left;
    if (room > UINT32_MAX)
        room = UINT32_MAX;
    size_t n = room && r->count < r->room && r->host_console.read ? r->host_console.read(r->host_console.opaque, bytes, room) : 0;
    if (n == 0) {
        read_was_empty(r);
        return 0;
    }
    memcpy(r->bytes + r->byte_count, bytes, n);
    append(r, (struct entry){.kind = READ, .value = r->byte_count, .length = (uint32_t)n, .empty = empty_reads(r)});
    r->byte_count += n;
    return n;
}

static size_t console_read(void *opaque, uint8_t *bytes, size_t room)
{
    struct record *r = opaque;
    if (!r->system)
        return 0;
    return record_replaying(r) ? read_again(r, bytes, room) : read_live(r, bytes, room);
}

/* What was printed before is not printed again. */
static void console_write(void *opaque, const uint8_t *bytes, size_t count)
{
    struct record *r = opaque;
    if (r->at.output >= r->past_output && r->host_console.write)
        r->host_console.write(r->host_console.opaque, bytes, count);
    r->at.output += count;
}

/* --- the hooks */

static void record_poll(void *opaque)
{
    struct record *r = opaque;
    if (r->at.entry < r->count && compare_now(r, r->entry[r->at.entry].at) < 0)
        record_cut(r); /* this is another course: what is on record is not of it */
    if (poll_was_made(r)) {
        looks_repeat(r, LOOKED);
        return;
    }
    if (!reserve(r))
        return;
    r->looking = LOOKED;
    r->host.poll(r->host.opaque);
    looks_note(r);
}

/* A wait without an entry went on to the time that it asked for. */
static uint64_t idle_again(struct record *r, uint64_t until)
{
    looks_repeat(r, LOOKED_IDLE);
    const struct entry *e = next(r, IDLED);
    if (!e)
        return until;
    uint64_t to = e->value;
    consume(r);
    return to;
}

static uint64_t record_idle(void *opaque, uint64_t clock, uint64_t until)
{
    struct record *r = opaque;
    if (record_replaying(r))
        return idle_again(r, until);
    (void)reserve(r);
    r->looking = LOOKED_IDLE;
    uint64_t to = r->host.idle(r->host.opaque, clock, until);
    looks_note(r);
    if (to != until && to != clock) /* to come back at once is to have done nothing */
        append(r, (struct entry){.kind = IDLED, .value = to});
    return to;
}

static void record_glance(void *opaque)
{
    struct record *r = opaque;
    r->host.glance(r->host.opaque);
}

/* --- going to and fro */

struct record_mark record_mark(const struct record *r) { return r->at; }

/* `past` only grows: who goes back twice, the second time from an earlier place, has still been at the later one. */
void record_leave(struct record *r)
{
    if (!r->has_past || compare_now(r, r->past) < 0)
        r->past = system_now(r->system);
    r->has_past = true;
    if (r->at.output > r->past_output)
        r->past_output = r->at.output;
}

void record_return(struct record *r, const struct record_mark *mark) { r->at = *mark; }

/* The bytes of READs are one behind the other, so those that stay end where the last READ's do. */
void record_cut(struct record *r)
{
    r->count = r->at.entry;
    r->has_past = false;
    r->past_output = r->at.output;
    r->byte_count = 0;
    for (size_t n = 0; n < r->count; n++)
        if (r->entry[n].kind == READ)
            r->byte_count = r->entry[n].value + r->entry[n].length;
}

/* --- life */

int record_create(struct record **out, struct chardev host)
{
    struct record *r = calloc(1, sizeof *r);
    if (!r)
        return -ENOMEM;
    r->host_console = host;
    if (!reserve(r)) {
        record_destroy(r);
        return -ENOMEM;
    }
    *out = r;
    return 0;
}

void record_destroy(struct record *r)
{
    if (!r)
        return;
    free(r->entry);
    free(r->bytes);
    free(r);
}

struct chardev record_chardev(struct record *r) { return (struct chardev){.write = console_write, .read = console_read, .opaque = r}; }

void record_attach(struct record *r, struct system *s)
{
    r->system = s;
    r->host = s->host;
    r->looks = s->board->inputs;
    s->record = r;
    if (s->host.poll)
        s->host.poll = record_poll;
    if (s->host.idle)
        s->host.idle = record_idle;
    if (s->host.glance)
        s->host.glance = record_glance;
    s->host.opaque = r;
}
