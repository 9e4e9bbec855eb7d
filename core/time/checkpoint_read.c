/* checkpoint_read.c - a checkpoint out of a file. Before anything of it is believed its length and its sum are checked; before
 * anything of the system changes, all of it has been read.
 */
#include "core/checkpoint_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HEAD_MAX = 1 << 24 };

/* A page as it stands in the file. */
struct stored_page {
    page_key key;
    uint8_t bytes[PAGE_SIZE];
};

struct reader {
    FILE *file;
    const char *path;
    struct file_prefix prefix;
    uint64_t counted_from; /* by the counts in it */
    struct error *e;
};

static int get(struct reader *r, void *bytes, size_t length)
{
    if (fread(bytes, 1, length, r->file) == length)
        return 0;
    return error_set(r->e, EIO, "%s: cannot be read: %s", r->path, ferror(r->file) ? strerror(errno) : "it is cut short");
}

/* Sums of lengths from a file may wrap: each is bounded before it is added, so that the size that comes out is one. */
static int prefix_check(struct reader *r)
{
    struct file_prefix *p = &r->prefix;
    struct stat st;
    size_t n = fread(p, 1, sizeof *p, r->file);
    if (n < sizeof p->magic || memcmp(p->magic, file_magic, sizeof file_magic) != 0)
        return error_set(r->e, EINVAL, "%s: is not a checkpoint of trapeze", r->path);
    if (n >= offsetof(struct file_prefix, zero) && p->format != FILE_FORMAT)
        return error_set(r->e, EINVAL, "%s: is a checkpoint in format %u, and this program reads format %d", r->path, p->format,
                         FILE_FORMAT);
    uint64_t pages_max = (uint64_t)INT64_MAX / sizeof(struct stored_page) / 2;
    bool sane = n == sizeof *p && p->head <= HEAD_MAX && p->pages <= pages_max;
    uint64_t size = sane ? sizeof *p + p->head + p->pages * sizeof(struct stored_page) + FILE_SUM_SIZE : 0;
    if (fstat(fileno(r->file), &st) != 0)
        return error_set(r->e, errno, "%s: cannot be read: %s", r->path, strerror(errno));
    if (n < sizeof *p || (sane && (uint64_t)st.st_size < size))
        return error_set(r->e, EINVAL, "%s: is cut short", r->path);
    if (!sane || (uint64_t)st.st_size > size)
        return error_set(r->e, EINVAL, "%s: is damaged: its length is not what it says", r->path);
    return 0;
}

/* The whole file is read twice, once for its sum: a state that is wrong in one bit would be a machine that goes
 * wrong later, and nobody would know why. */
static int sum_check(struct reader *r)
{
    uint64_t left = r->prefix.head + r->prefix.pages * sizeof(struct stored_page), stored;
    uint8_t *piece = malloc(1 << 16);
    struct file_sum sum = {0};
    int failed = piece ? 0 : error_set(r->e, ENOMEM, "%s: there is no memory to read it", r->path);
    file_sum_add(&sum, &r->prefix, sizeof r->prefix);
    while (left && !failed) {
        size_t n = left < 1 << 16 ? (size_t)left : 1 << 16;
        failed = get(r, piece, n);
        if (!failed)
            file_sum_add(&sum, piece, n);
        left -= n;
    }
    free(piece);
    if (!failed)
        failed = get(r, &stored, sizeof stored);
    if (!failed && stored != file_sum_end(&sum))
        failed = error_set(r->e, EINVAL, "%s: is damaged: its sum is wrong", r->path);
    if (!failed && fseek(r->file, (long)sizeof r->prefix, SEEK_SET) != 0)
        failed = error_set(r->e, errno, "%s: cannot be read: %s", r->path, strerror(errno));
    return failed;
}

static int head_check(const struct reader *r, const struct file_head *there, const struct file_head *here)
{
    if (strcmp(there->program, here->program) != 0)
        return error_set(r->e, EINVAL, "%s: was written by %.100s, and this is %.100s", r->path, there->program, here->program);
    for (unsigned n = 0; n < FILE_FACTS; n++)
        if (strcmp(there->fact[n].value, here->fact[n].value) != 0)
            return error_set(r->e, EINVAL, "%s: is of another machine: its %s is %.100s, here %.100s", r->path, here->fact[n].name,
                             there->fact[n].value, here->fact[n].value);
    return 0;
}

/* strcmp() and sentences rely on it. */
static bool head_is_text(struct file_head *h)
{
    bool fine = memchr(h->program, 0, sizeof h->program) && memchr(h->kind, 0, sizeof h->kind);
    for (unsigned n = 0; n < FILE_FACTS; n++)
        fine = fine && memchr(h->fact[n].value, 0, sizeof h->fact[n].value);
    return fine;
}

/* What follows the head proper, of which so many bytes are left. */
static bool sizes_fit(const struct file_head *h, size_t left)
{
    return h->state_size <= left && h->counts_size == left - h->state_size;
}

/* Counts of a machine that is made of other parts are none of this one's. */
static int read_counts(struct reader *r, const struct checkpoints *s, const struct file_head *there, const struct file_head *here,
                       const uint8_t *counts, struct checkpoint *c)
{
    bool alike = there->counts_size == s->counts_size && strcmp(there->kind, here->kind) == 0;
    c->counts = calloc(1, s->counts_size + 1);
    if (!c->counts)
        return error_set(r->e, ENOMEM, "%s: there is no memory to read it", r->path);
    if (alike)
        memcpy(c->counts, counts, s->counts_size);
    r->counted_from = alike ? there->counted_from : there->retired;
    return 0;
}

static int read_head(struct reader *r, const struct checkpoints *s, const char *program, struct checkpoint *c)
{
    struct file_head *both = calloc(2, sizeof *both);
    uint8_t *bytes = malloc(r->prefix.head + 1);
    int failed = both && bytes ? get(r, bytes, r->prefix.head) : error_set(r->e, ENOMEM, "%s: there is no memory to read it", r->path);
    if (!failed) {
        struct state state = state_restore(bytes, r->prefix.head);
        file_head_of(s, program, &both[0]);
        file_head_state(&both[1], &state);
        if (state.failed || !head_is_text(&both[1]) || !sizes_fit(&both[1], state.size - state.at))
            failed = error_set(r->e, EINVAL, "%s: is damaged: its head is not one", r->path);
        else
            failed = head_check(r, &both[1], &both[0]);
        if (!failed)
            failed = read_counts(r, s, &both[1], &both[0], bytes + state.at + both[1].state_size, c);
        c->retired = both[1].retired;
        c->moment = both[1].moment;
        c->state_size = both[1].state_size;
        if (!failed)
            memmove(bytes, bytes + state.at, c->state_size);
    }
    free(both);
    c->state = bytes;
    return failed;
}

/* Is there such a page in this machine?
 * Keys name regions by number, which is the same on a machine of the same facts; the sum does not say who made the
 * file. */
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

/* The system goes there; the store begins anew.
 * Against no base: all pages that anybody ever wrote are looked at, and those that the file has not become zero. */
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
    if (!failed)
        s->counted_from = r.counted_from;
    if (failed)
        checkpoint_free(s, c);
    else if (out)
        *out = c;
    if (r.file)
        fclose(r.file);
    return failed;
}
