/* htif.c - serves tohost/fromhost; the layout is drawn in htif.h.
 *
 * tohost is cleared when a command was taken; fromhost is written only when it reads zero. A get-character command reads the console when it
 * is given, and while there is nothing, whenever the host's input is looked at.
 */
#include "core/htif.h"

#include <errno.h>
#include <stdlib.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "guest words are copied as they are");

enum {
    DEVICE_SYSCALL = 0,
    DEVICE_CONSOLE = 1,
    SYSCALL_WRITE = 64,
    SYSCALL_EXIT = 93,
    SYSCALL_EXIT_GROUP = 94,
    WRITE_CHUNK = 256,
    GLANCE_BYTES = 1 << 20, /* written between looks at the host */
};

/* Examples of what a program writes to tohost: 1 ends with status 0, 3 with status 1; 0101000000000041h prints 'A';
 * 0100000000000000h asks for a character, and fromhost gets 0100000000000141h when 'A' was typed. */
struct htif {
    struct system *system; /* borrowed */
    pa_t tohost, fromhost; /* fromhost 0: the program has none */
    uint64_t answer;       /* to be written when fromhost is free; 0: none */
    uint64_t reading;      /* device and cmd of a get-character that waits for input; valid when is_reading */
    bool is_reading;
};

/* A word that is in no memory, or wraps, takes no trigger, and no store reaches it either.
 * The last slots of the machine: those of the debugger are the first. */
static void watch(const struct htif *h)
{
    struct machine *m = h->system->machine;
    const pa_t word[SYSTEM_TRIGGERS] = {h->tohost, h->fromhost};
    for (unsigned n = 0; n < SYSTEM_TRIGGERS; n++) {
        const struct trigger t = {.kinds = TRIGGER_STORE, .physical = true, .at = word[n], .length = sizeof(uint64_t)};
        (void)!machine_trigger(m, m->trigger_slots - 1 - n, word[n] ? &t : NULL);
    }
}

int htif_create(struct htif **out, struct system *s, pa_t tohost, pa_t fromhost)
{
    if (s->machine->trigger_slots < SYSTEM_TRIGGERS)
        return -ENOTSUP;
    struct htif *h = calloc(1, sizeof *h);
    if (!h)
        return -ENOMEM;
    *h = (struct htif){.system = s, .tohost = tohost, .fromhost = fromhost};
    watch(h);
    *out = h;
    return 0;
}

void htif_destroy(struct htif *h)
{
    if (!h)
        return;
    h->tohost = h->fromhost = 0;
    watch(h);
    free(h);
}

bool htif_is_trigger(const struct htif *h, const struct trap *t)
{
    const unsigned slots = h->system->machine->trigger_slots;
    return t->cause < slots && t->cause >= slots - SYSTEM_TRIGGERS;
}

void htif_state(struct htif *h, struct state *s)
{
    state_u64(s, &h->tohost);
    state_u64(s, &h->fromhost);
    state_u64(s, &h->answer);
    state_u64(s, &h->reading);
    state_bool(s, &h->is_reading);
    if (s->restoring)
        watch(h);
}

static void console_write(struct htif *h, const uint8_t *bytes, size_t n)
{
    const struct chardev *c = &h->system->board->console;
    if (c->write)
        c->write(c->opaque, bytes, n);
}

static void answer(struct htif *h, uint64_t command, uint64_t payload)
{
    h->answer = (command & ~((UINT64_C(1) << 48) - 1)) | payload;
}

/* The length is the program's, and may be gigabytes: after each MiB the host may end it. What was written by then
 * is the answer. */
static uint64_t system_write(struct htif *h, uint64_t fd, pa_t from, uint64_t length)
{
    uint8_t chunk[WRITE_CHUNK];
    if (fd != 1 && fd != 2)
        return (uint64_t)-EBADF;
    uint64_t done = 0;
    while (done < length) {
        size_t n = length - done < sizeof chunk ? (size_t)(length - done) : sizeof chunk;
        if (machine_load(h->system->machine, from + done, chunk, n) != 0)
            return done ? done : (uint64_t)-EFAULT;
        console_write(h, chunk, n);
        done += n;
        if (done % GLANCE_BYTES == 0 && system_glance(h->system))
            break;
    }
    return done;
}

/* The block's first word is the number, and is overwritten by the result; fromhost then says that it is there. */
static void system_call(struct htif *h, uint64_t command, pa_t block)
{
    uint64_t word[8];
    struct machine *m = h->system->machine;
    if (machine_load(m, block, word, sizeof word) != 0)
        return; /* no such memory: nobody could read an answer */
    switch (word[0]) {
    case SYSCALL_EXIT:
    case SYSCALL_EXIT_GROUP: system_end(h->system, END_POWEROFF, (int)(word[1] & 0xff), NULL); return;
    case SYSCALL_WRITE: word[0] = system_write(h, word[1], word[2], word[3]); break;
    default: word[0] = (uint64_t)-ENOSYS;
    }
    if (machine_store(m, block, word, sizeof word[0]) == 0)
        answer(h, command, 1);
}

static void command(struct htif *h, uint64_t c)
{
    uint64_t device = c >> 56, cmd = c >> 48 & 0xff, payload = c & ((UINT64_C(1) << 48) - 1);
    if (device == DEVICE_SYSCALL && cmd == 0) {
        if (payload & 1)
            system_end(h->system, END_POWEROFF, (int)(payload >> 1 & 0x7fffffff), NULL);
        else
            system_call(h, c, payload);
    } else if (device == DEVICE_CONSOLE && cmd == 0) {
        h->reading = c;
        h->is_reading = true;
    } else if (device == DEVICE_CONSOLE && cmd == 1) {
        uint8_t byte = (uint8_t)payload;
        console_write(h, &byte, 1); /* not answered: programs do not wait for it */
    }
    /* Commands to other devices are dropped, as Spike does with none plugged in. */
}

static void read_character(struct htif *h)
{
    const struct chardev *c = &h->system->board->console;
    uint8_t byte;
    if (!h->is_reading || h->answer || !c->read || c->read(c->opaque, &byte, 1) != 1)
        return;
    h->is_reading = false;
    answer(h, h->reading, UINT64_C(0x100) | byte);
}

/* An answer waits until the program has taken the one before, which it shows by clearing the word. */
static void hand_over(struct htif *h)
{
    struct machine *m = h->system->machine;
    uint64_t taken;
    if (!h->answer || !h->fromhost || machine_load(m, h->fromhost, &taken, sizeof taken) != 0 || taken != 0)
        return;
    if (machine_store(m, h->fromhost, &h->answer, sizeof h->answer) == 0)
        h->answer = 0;
}

static uint64_t word_at(const struct htif *h, pa_t at, uint64_t otherwise)
{
    uint64_t word;
    return at && machine_load(h->system->machine, at, &word, sizeof word) == 0 ? word : otherwise;
}

bool htif_is_due(const struct htif *h) { return word_at(h, h->tohost, 0) != 0 || (h->answer && word_at(h, h->fromhost, 1) == 0); }

/* tohost is cleared before the command is done: a command that ends the run leaves the same memory as any other. */
void htif_poll(struct htif *h)
{
    struct machine *m = h->system->machine;
    uint64_t c = 0, zero = 0;
    if (machine_load(m, h->tohost, &c, sizeof c) == 0 && c != 0 && machine_store(m, h->tohost, &zero, sizeof zero) == 0)
        command(h, c);
    hand_over(h);
    read_character(h);
    hand_over(h);
}
