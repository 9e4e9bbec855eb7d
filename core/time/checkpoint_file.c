/* checkpoint_file.c - the parts of a checkpoint's file: what the machine is, the head, the sum. */
#include "core/checkpoint_file.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char file_magic[16] = "trapeze state\n\x1a";

/* --- what the machine is */

/* A file that was changed has another time of change; what is written to a device cannot be told. */
static void drive_fact(const struct board *b, unsigned n, struct file_fact *f)
{
    static const char *const names[BOARD_DRIVES] = {"drive 0", "drive 1", "drive 2", "drive 3"};
    const struct drive *d = board_drive(b, n);
    struct stat st;
    f->name = names[n];
    if (!d) {
        snprintf(f->value, sizeof f->value, "not there");
        return;
    }
    if (fstat(d->fd, &st) != 0)
        memset(&st, 0, sizeof st);
    snprintf(f->value, sizeof f->value, "%llu bytes, %s, last changed at %lld.%09ld", (unsigned long long)d->size,
             d->readonly  ? "read-only"
             : d->overlay ? "with snapshot"
                          : "written to",
             (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

/* Facts have names so that a refusal can say which one differs: "its size of memory is 128 MiB, here 256 MiB". */
static void facts_of(const struct checkpoints *s, struct file_fact f[FILE_FACTS])
{
    const struct machine *m = s->system->machine;
    const struct board *b = s->system->board;
    unsigned count = 0;
    f[count].name = "instruction set";
    snprintf(f[count++].value, FILE_TEXT, "%s", m->isa->name);
    f[count].name = "board";
    snprintf(f[count++].value, FILE_TEXT, "%s", b->ops->name);
    for (unsigned n = 0; b->ops->fact && b->ops->fact(b, n, &f[count].name, f[count].value, FILE_TEXT); n++)
        count++;
    for (unsigned n = 0; m->isa->fact && m->isa->fact(m->config, n, &f[count].name, f[count].value, FILE_TEXT); n++)
        count++;
    for (unsigned n = 0; n < BOARD_DRIVES; n++)
        drive_fact(b, n, &f[count++]);
    assert(count <= FILE_FACTS);
    for (; count < FILE_FACTS; count++)
        f[count].name = "description";
}

/* --- the head */

static void moment_state(struct system_moment *m, struct state *s)
{
    state_u64(s, &m->resets);
    state_u64(s, &m->round);
    state_unsigned(s, &m->hart, BOARD_CPUS);
    state_u64(s, &m->clock);
}

void file_head_state(struct file_head *h, struct state *s)
{
    state_bytes(s, h->program, sizeof h->program);
    for (unsigned n = 0; n < FILE_FACTS; n++)
        state_bytes(s, h->fact[n].value, sizeof h->fact[n].value);
    state_u64(s, &h->retired);
    moment_state(&h->moment, s);
    state_bytes(s, h->kind, sizeof h->kind);
    state_u64(s, &h->counted_from);
    state_u64(s, &h->state_size);
    state_u64(s, &h->counts_size);
}

void file_head_of(const struct checkpoints *s, const char *program, struct file_head *h)
{
    memset(h, 0, sizeof *h);
    snprintf(h->program, sizeof h->program, "%s", program);
    facts_of(s, h->fact);
    counts_kind(s, h->kind, sizeof h->kind);
}

/* --- the sum */

/* Not against an enemy: against a disk that is full and a file that was cut or edited. */
static void sum_word(struct file_sum *s, const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    s->value = (s->value ^ word) * UINT64_C(0x9fb21c651e98df25);
    s->value ^= s->value >> 29;
}

/* Words of eight bytes, wherever the pieces are cut; all pieces but the last ones are whole words.
 * Bytes that do not make a word wait in `rest`; the last ones are filled up with zeros, and their number is part of
 * the sum. */
void file_sum_add(struct file_sum *s, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    while (length && s->rest_count) {
        s->rest[s->rest_count++] = *at++;
        length--;
        if (s->rest_count == 8) {
            sum_word(s, s->rest);
            s->rest_count = 0;
        }
    }
    for (; length >= 8; at += 8, length -= 8)
        sum_word(s, at);
    for (; length; length--)
        s->rest[s->rest_count++] = *at++;
}

uint64_t file_sum_end(struct file_sum *s)
{
    memset(s->rest + s->rest_count, 0, sizeof s->rest - s->rest_count);
    sum_word(s, s->rest);
    return s->value ^ s->rest_count;
}
