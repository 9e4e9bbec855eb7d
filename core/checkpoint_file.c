/* checkpoint_file.c - the parts of a checkpoint's file: what the machine is, the head, the sum. */
#include "core/checkpoint_file.h"

#include "isa/riscv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char file_magic[16] = "trapeze state\n\x1a";

/* --- what the machine is */

static void fact(struct file_fact *f, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);
static void fact(struct file_fact *f, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    f->name = name;
    vsnprintf(f->value, sizeof f->value, format, args);
    va_end(args);
}

/* A file that was changed has another time of change; what is written to a device cannot be told. */
static void fact_of_drive(struct file_fact *f, const struct checkpoints *s, unsigned n)
{
    static const char *const names[VIRT_DRIVES] = {"drive 0", "drive 1", "drive 2", "drive 3"};
    const struct drive *d = virt_disk(s->system->board, n);
    struct stat st;
    if (!d) {
        fact(f, names[n], "not there");
        return;
    }
    if (fstat(d->fd, &st) != 0)
        memset(&st, 0, sizeof st);
    fact(f, names[n], "%llu bytes, %s, last changed at %lld.%09ld", (unsigned long long)d->size,
         d->readonly  ? "read-only"
         : d->overlay ? "with snapshot"
                      : "written to",
         (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void facts_of(const struct checkpoints *s, struct file_fact f[FILE_FACTS])
{
    const struct virt_config *board = virt_config(s->system->board);
    const struct riscv_config *cpu = s->system->machine->config;
    fact(f++, "instruction set", "%s", s->system->machine->isa->name);
    fact(f++, "description of the CPU", "%s", board->isa);
    fact(f++, "address translation", "%s", board->mmu_type);
    fact(f++, "memory", "%llu bytes", (unsigned long long)board->ram_size);
    fact(f++, "number of clock units in a tick", "%u", (unsigned)s->system->clock.units_per_tick);
    fact(f++, "number of PMP entries", "%u", cpu->pmp_entries);
    fact(f++, "width of ASIDs", "%u bits", cpu->asid_bits);
    fact(f++, "hart number", "%u", cpu->hartid);
    fact(f++, "way of setting A and D", "%s", cpu->svadu ? "Svadu" : "Svade");
    fact(f++, "supervisor timer", "%s", cpu->sstc ? "Sstc" : "none");
    fact(f++, "set of cache-block operations", "%s%s", cpu->zicbom ? "Zicbom " : "", cpu->zicboz ? "Zicboz" : "");
    fact(f++, "choice of what the manual leaves open", "%s%s", cpu->wfi_in_user ? "WFI in U-mode " : "",
         cpu->custom_csr ? "ustate" : "");
    fact(f++, "kind of interrupt gateway", "%s", board->gateway == PLIC_STRICT ? "strict" : "QEMU's");
    for (unsigned n = 0; n < VIRT_DRIVES; n++)
        fact_of_drive(f++, s, n);
}

/* --- the head */

void file_head_state(struct file_head *h, struct state *s)
{
    state_bytes(s, h->program, sizeof h->program);
    for (unsigned n = 0; n < FILE_FACTS; n++)
        state_bytes(s, h->fact[n].value, sizeof h->fact[n].value);
    state_u64(s, &h->retired);
    state_u64(s, &h->clock);
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

static void sum_word(struct file_sum *s, const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    s->value = (s->value ^ word) * UINT64_C(0x9fb21c651e98df25);
    s->value ^= s->value >> 29;
}

/* Words of eight bytes, wherever the pieces are cut; all pieces but the last ones are whole words. */
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
