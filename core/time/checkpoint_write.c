/* checkpoint_write.c - a checkpoint into a file that somebody has opened, and makes whole. */
#include "core/checkpoint_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    FILE *file;
    struct file_sum sum;
    bool failed;
};

static void put(struct writer *w, const void *bytes, size_t length)
{
    w->failed = w->failed || fwrite(bytes, 1, length, w->file) != length;
    file_sum_add(&w->sum, bytes, length);
}

/* The content of every page at c, from the chain.
 * The plan of going there from nowhere has each page of the chain once, as it was at c. */
static int content_of(struct checkpoints *s, const struct checkpoint *c, struct plan *p)
{
    struct checkpoints without_now = *s; /* what is written since is not part of it */
    without_now.region_count = 0;
    return plan_make(&without_now, NULL, c, p);
}

/* A page that was zero is left out: the reader begins with zeros. */
static void put_pages(struct writer *w, const struct plan *p)
{
    for (size_t n = 0; n < p->count; n++) {
        if (!p->entry[n].page)
            continue;
        put(w, &p->entry[n].key, sizeof p->entry[n].key);
        put(w, p->entry[n].page->bytes, PAGE_SIZE);
    }
}

static void put_all(struct writer *w, const struct checkpoints *s, const struct checkpoint *c, struct file_head *h,
                    const struct plan *p)
{
    struct state head = state_save();
    struct file_prefix prefix = {.format = FILE_FORMAT};
    h->retired = c->retired;
    h->moment = c->moment;
    h->counted_from = s->counted_from;
    h->state_size = c->state_size;
    h->counts_size = s->counts_size;
    file_head_state(h, &head);
    memcpy(prefix.magic, file_magic, sizeof file_magic);
    prefix.head = head.size + c->state_size + s->counts_size;
    for (size_t n = 0; n < p->count; n++)
        prefix.pages += p->entry[n].page != NULL;
    w->failed = head.failed;
    put(w, &prefix, sizeof prefix);
    put(w, head.bytes, head.size);
    put(w, c->state, c->state_size);
    put(w, c->counts, s->counts_size);
    put_pages(w, p);
    uint64_t sum = file_sum_end(&w->sum);
    w->failed = w->failed || fwrite(&sum, 1, sizeof sum, w->file) != sizeof sum;
    state_free(&head);
}

int checkpoint_write(struct checkpoints *s, const struct checkpoint *c, FILE *to, const char *name, const char *program,
                     struct error *e)
{
    struct plan plan;
    struct writer w = {.file = to};
    struct file_head *h = malloc(sizeof *h);
    int failed = h ? drives_unwritten(s, c, e) : error_set(e, ENOMEM, "%s: there is no memory to write it", name);
    if (!failed && content_of(s, c, &plan) != 0)
        failed = error_set(e, ENOMEM, "%s: there is no memory to write it", name);
    if (!failed) {
        errno = 0;
        file_head_of(s, program, h);
        put_all(&w, s, c, h, &plan);
        plan_free(&plan);
        if (w.failed || fflush(to) != 0)
            failed = error_set(e, errno ? errno : EIO, "%s: cannot be written: %s", name, strerror(errno ? errno : EIO));
    }
    free(h);
    return failed;
}
