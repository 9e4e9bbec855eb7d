/* checkpoint_file.c - a checkpoint as a file.
 *
 *   magic 16   format 4   zero 4   length of the head 8   number of pages 8
 *   head       program; what the machine is, as names and values; the state of the system (system_state.c); instructions, clock
 *   pages      key 8, bytes 4096 each
 *   sum 8      of all before it
 *
 * It is written under another name and then given its own, so that a file of that name is always a whole one. Before anything of it is
 * believed its length and its sum are checked; before anything of the system changes, all of it has been read.
 */
#define _GNU_SOURCE /* mkostemp */
#include "core/checkpoint_private.h"
#include "isa/riscv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FORMAT = 1, SUM_SIZE = 8, TEXT_MAX = 256, FACTS = 12 + VIRT_DRIVES, HEAD_MAX = 1 << 24 };
static const char magic[16] = "trapeze state\n\x1a";

struct prefix {
    char magic[16];
    uint32_t format, zero;
    uint64_t head, pages;
};
_Static_assert(sizeof(struct prefix) == 40 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "as drawn above, and little-endian");

struct stored_page {
    page_key key;
    uint8_t bytes[PAGE_SIZE];
};

/* --- what the machine is */

struct fact {
    const char *name;
    char value[TEXT_MAX];
};

static void fact(struct fact *f, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);
static void fact(struct fact *f, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    f->name = name;
    vsnprintf(f->value, sizeof f->value, format, args);
    va_end(args);
}

/* A file that was changed has another time of change; what is written to a device cannot be told. */
static void fact_of_drive(struct fact *f, const struct checkpoints *s, unsigned n)
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

static void facts_of(const struct checkpoints *s, struct fact f[FACTS])
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
    for (unsigned n = 0; n < VIRT_DRIVES; n++)
        fact_of_drive(f++, s, n);
}

/* --- the head: as all state, one function for both ways */

struct head {
    char program[TEXT_MAX];
    struct fact fact[FACTS];
    uint64_t retired, clock;
    uint64_t state_size;
};

static void head_state(struct head *h, struct state *s)
{
    state_bytes(s, h->program, sizeof h->program);
    for (unsigned n = 0; n < FACTS; n++)
        state_bytes(s, h->fact[n].value, sizeof h->fact[n].value);
    state_u64(s, &h->retired);
    state_u64(s, &h->clock);
    state_u64(s, &h->state_size);
}

static void head_of(const struct checkpoints *s, const char *program, struct head *h)
{
    memset(h, 0, sizeof *h);
    snprintf(h->program, sizeof h->program, "%s", program);
    facts_of(s, h->fact);
}

/* --- the sum */

struct sum {
    uint64_t value;
    uint8_t rest[8];
    unsigned rest_count;
};

static void sum_word(struct sum *s, const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    s->value = (s->value ^ word) * UINT64_C(0x9fb21c651e98df25);
    s->value ^= s->value >> 29;
}

/* Words of eight bytes, wherever the pieces are cut; all pieces but the last ones are whole words. */
static void sum_add(struct sum *s, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    while (length && (s->rest_count || length < 8)) {
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

static uint64_t sum_end(struct sum *s)
{
    memset(s->rest + s->rest_count, 0, sizeof s->rest - s->rest_count);
    sum_word(s, s->rest);
    return s->value ^ s->rest_count;
}

/* --- writing */

struct writer {
    FILE *file;
    struct sum sum;
    bool failed;
};

static void put(struct writer *w, const void *bytes, size_t length)
{
    w->failed = w->failed || fwrite(bytes, 1, length, w->file) != length;
    sum_add(&w->sum, bytes, length);
}

/* The content of every page at c, from the chain. */
static int content_of(struct checkpoints *s, const struct checkpoint *c, struct plan *p)
{
    struct checkpoints without_now = *s; /* what is written since is not part of it */
    without_now.region_count = 0;
    return plan_make(&without_now, NULL, c, p);
}

static void put_pages(struct writer *w, const struct plan *p)
{
    for (size_t n = 0; n < p->count; n++) {
        if (!p->entry[n].page)
            continue;
        put(w, &p->entry[n].key, sizeof p->entry[n].key);
        put(w, p->entry[n].page->bytes, PAGE_SIZE);
    }
}

static void put_all(struct writer *w, const struct checkpoint *c, struct head *h, const struct plan *p)
{
    struct state head = state_save();
    struct prefix prefix = {.format = FORMAT};
    h->retired = c->retired;
    h->clock = c->clock;
    h->state_size = c->state_size;
    head_state(h, &head);
    memcpy(prefix.magic, magic, sizeof magic);
    prefix.head = head.size + c->state_size;
    for (size_t n = 0; n < p->count; n++)
        prefix.pages += p->entry[n].page != NULL;
    w->failed = head.failed;
    put(w, &prefix, sizeof prefix);
    put(w, head.bytes, head.size);
    put(w, c->state, c->state_size);
    put_pages(w, p);
    uint64_t sum = sum_end(&w->sum);
    w->failed = w->failed || fwrite(&sum, 1, sizeof sum, w->file) != sizeof sum;
    state_free(&head);
}

/* A new file beside path; NULL: errno. */
static FILE *open_beside(const char *path, char **name)
{
    size_t size = strlen(path) + sizeof ".XXXXXX";
    *name = malloc(size);
    if (!*name) {
        errno = ENOMEM;
        return NULL;
    }
    snprintf(*name, size, "%s.XXXXXX", path);
    int fd = mkostemp(*name, O_CLOEXEC);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (fd >= 0 && !f) {
        close(fd);
        unlink(*name);
    }
    if (!f)
        free(*name);
    return f;
}

/* mkostemp() makes files for the owner alone; this one is as any other that he makes. */
static void permit(FILE *f)
{
    mode_t mask = umask(0);
    umask(mask);
    (void)!fchmod(fileno(f), 0666 & ~mask);
}

static int write_file(const struct checkpoint *c, struct head *h, const struct plan *p, const char *path, struct error *e)
{
    char *name;
    struct writer w = {.file = open_beside(path, &name)};
    if (!w.file)
        return error_set(e, errno, "%s: cannot be written: %s", path, strerror(errno));
    errno = 0;
    permit(w.file);
    put_all(&w, c, h, p);
    bool fine = !w.failed && fflush(w.file) == 0 && fsync(fileno(w.file)) == 0;
    int code = errno;
    fine = fclose(w.file) == 0 && fine;
    if (fine && rename(name, path) != 0) {
        code = errno;
        fine = false;
    }
    if (!fine)
        unlink(name);
    free(name);
    code = code ? code : EIO;
    return fine ? 0 : error_set(e, code, "%s: cannot be written: %s", path, strerror(code));
}

int checkpoint_write(struct checkpoints *s, const struct checkpoint *c, const char *path, const char *program, struct error *e)
{
    struct plan plan;
    struct head *h = malloc(sizeof *h);
    int failed = h ? drives_unwritten(s, c, e) : error_set(e, ENOMEM, "%s: there is no memory to write it", path);
    if (!failed && content_of(s, c, &plan) != 0)
        failed = error_set(e, ENOMEM, "%s: there is no memory to write it", path);
    if (!failed) {
        head_of(s, program, h);
        failed = write_file(c, h, &plan, path, e);
        plan_free(&plan);
    }
    free(h);
    return failed;
}

/* --- reading */

struct reader {
    FILE *file;
    const char *path;
    struct prefix prefix;
    struct error *e;
};

static int get(struct reader *r, void *bytes, size_t length)
{
    if (fread(bytes, 1, length, r->file) == length)
        return 0;
    return error_set(r->e, EIO, "%s: cannot be read: %s", r->path, ferror(r->file) ? strerror(errno) : "it is cut short");
}

static int prefix_check(struct reader *r)
{
    struct prefix *p = &r->prefix;
    struct stat st;
    size_t n = fread(p, 1, sizeof *p, r->file);
    if (n < sizeof p->magic || memcmp(p->magic, magic, sizeof magic) != 0)
        return error_set(r->e, EINVAL, "%s: is not a checkpoint of trapeze", r->path);
    if (n >= offsetof(struct prefix, zero) && p->format != FORMAT)
        return error_set(r->e, EINVAL, "%s: is a checkpoint in format %u, and this program reads format %d", r->path, p->format,
                         FORMAT);
    uint64_t pages_max = (uint64_t)INT64_MAX / sizeof(struct stored_page) / 2;
    bool sane = n == sizeof *p && p->head <= HEAD_MAX && p->pages <= pages_max;
    uint64_t size = sane ? sizeof *p + p->head + p->pages * sizeof(struct stored_page) + SUM_SIZE : 0;
    if (fstat(fileno(r->file), &st) != 0)
        return error_set(r->e, errno, "%s: cannot be read: %s", r->path, strerror(errno));
    if (n < sizeof *p || (sane && (uint64_t)st.st_size < size))
        return error_set(r->e, EINVAL, "%s: is cut short", r->path);
    if (!sane || (uint64_t)st.st_size > size)
        return error_set(r->e, EINVAL, "%s: is damaged: its length is not what it says", r->path);
    return 0;
}

static int sum_check(struct reader *r)
{
    uint64_t left = r->prefix.head + r->prefix.pages * sizeof(struct stored_page), stored;
    uint8_t *piece = malloc(1 << 16);
    struct sum sum = {0};
    int failed = piece ? 0 : error_set(r->e, ENOMEM, "%s: there is no memory to read it", r->path);
    sum_add(&sum, &r->prefix, sizeof r->prefix);
    while (left && !failed) {
        size_t n = left < 1 << 16 ? (size_t)left : 1 << 16;
        failed = get(r, piece, n);
        if (!failed)
            sum_add(&sum, piece, n);
        left -= n;
    }
    free(piece);
    if (!failed)
        failed = get(r, &stored, sizeof stored);
    if (!failed && stored != sum_end(&sum))
        failed = error_set(r->e, EINVAL, "%s: is damaged: its sum is wrong", r->path);
    if (!failed && fseek(r->file, (long)sizeof r->prefix, SEEK_SET) != 0)
        failed = error_set(r->e, errno, "%s: cannot be read: %s", r->path, strerror(errno));
    return failed;
}

static int head_check(const struct reader *r, const struct head *there, const struct head *here)
{
    if (strcmp(there->program, here->program) != 0)
        return error_set(r->e, EINVAL, "%s: was written by %.100s, and this is %.100s", r->path, there->program, here->program);
    for (unsigned n = 0; n < FACTS; n++)
        if (strcmp(there->fact[n].value, here->fact[n].value) != 0)
            return error_set(r->e, EINVAL, "%s: is of another machine: its %s is %.100s, here %.100s", r->path, here->fact[n].name,
                             there->fact[n].value, here->fact[n].value);
    return 0;
}

static bool head_is_text(struct head *h)
{
    bool fine = memchr(h->program, 0, sizeof h->program);
    for (unsigned n = 0; n < FACTS; n++)
        fine = fine && memchr(h->fact[n].value, 0, sizeof h->fact[n].value);
    return fine;
}

static int read_head(struct reader *r, const struct checkpoints *s, const char *program, struct checkpoint *c)
{
    struct head *both = calloc(2, sizeof *both);
    uint8_t *bytes = malloc(r->prefix.head + 1);
    int failed = both && bytes ? get(r, bytes, r->prefix.head) : error_set(r->e, ENOMEM, "%s: there is no memory to read it", r->path);
    if (!failed) {
        struct state state = state_restore(bytes, r->prefix.head);
        head_of(s, program, &both[0]);
        head_state(&both[1], &state);
        if (state.failed || !head_is_text(&both[1]) || both[1].state_size != state.size - state.at)
            failed = error_set(r->e, EINVAL, "%s: is damaged: its head is not one", r->path);
        else
            failed = head_check(r, &both[1], &both[0]);
        c->retired = both[1].retired;
        c->clock = both[1].clock;
        c->state_size = state.size - state.at;
        memmove(bytes, bytes + state.at, c->state_size);
    }
    free(both);
    c->state = bytes;
    return failed;
}

/* Is there such a page in this machine? */
static bool key_is_here(const struct checkpoints *s, page_key key)
{
    unsigned region = (unsigned)(key >> REGION_SHIFT);
    return region < s->region_count && (key & ((UINT64_C(1) << REGION_SHIFT) - 1)) < s->region[region].size / PAGE_SIZE;
}

static int read_pages(struct reader *r, struct checkpoints *s, struct checkpoint *c)
{
    struct stored_page stored;
    int failed = 0;
    c->delta.entry = malloc(r->prefix.pages * sizeof *c->delta.entry + 1);
    if (!c->delta.entry)
        return error_set(r->e, ENOMEM, "%s: there is no memory to read it", r->path);
    for (uint64_t n = 0; n < r->prefix.pages && !failed; n++) {
        failed = get(r, &stored.key, sizeof stored.key);
        if (!failed)
            failed = get(r, stored.bytes, sizeof stored.bytes);
        bool fine = key_is_here(s, stored.key) && (n == 0 || stored.key > c->delta.entry[n - 1].key);
        if (!failed && !fine)
            failed = error_set(r->e, EINVAL, "%s: is damaged: it has a page that the machine has not", r->path);
        struct page *p = failed ? NULL : page_create(s, stored.bytes);
        if (!failed && !p)
            failed = error_set(r->e, ENOMEM, "%s: there is no memory to read it", r->path);
        if (!failed)
            c->delta.entry[c->delta.count++] = (struct entry){stored.key, p};
    }
    return failed;
}

static int read_all(struct reader *r, struct checkpoints *s, const char *program, struct checkpoint *c)
{
    int failed = prefix_check(r);
    if (!failed)
        failed = sum_check(r);
    if (!failed)
        failed = read_head(r, s, program, c);
    return failed ? failed : read_pages(r, s, c);
}

/* The system goes there; the store begins anew. */
static int adopt(struct checkpoints *s, struct checkpoint *c, const char *path, struct error *e)
{
    struct plan plan;
    struct error why;
    if (order_reserve(s) != 0 || fences_reserve(s) != 0 || plan_make(s, NULL, c, &plan) != 0)
        return error_set(e, ENOMEM, "%s: there is no memory to read it", path);
    int failed = system_restore(s->system, c->state, c->state_size, &why);
    if (failed) {
        plan_free(&plan);
        return error_set(e, -failed, "%s: %s", path, why.text);
    }
    plan_apply(s, &plan);
    plan_free(&plan);
    checkpoints_begin_anew(s, c);
    return 0;
}

int checkpoint_read(struct checkpoints *s, const char *path, const char *program, struct checkpoint **out, struct error *e)
{
    struct reader r = {.file = fopen(path, "re"), .path = path, .e = e};
    struct checkpoint *c = calloc(1, sizeof *c);
    int failed = 0;
    if (!r.file)
        failed = error_set(e, errno, "%s: cannot be opened: %s", path, strerror(errno));
    else if (!c)
        failed = error_set(e, ENOMEM, "%s: there is no memory to read it", path);
    else
        failed = read_all(&r, s, program, c);
    if (!failed)
        failed = adopt(s, c, path, e);
    if (failed)
        checkpoint_free(s, c);
    else if (out)
        *out = c;
    if (r.file)
        fclose(r.file);
    return failed;
}
