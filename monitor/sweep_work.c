/* sweep_work.c - each thread has machines of its own and takes the next chunk that nobody has; sums are added under a lock. Which
 * thread did what does not show. Every quarter of a second the file is written anew, whole, so that little is lost when the work is
 * cut short. */
#include "monitor/sweep_work.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "monitor/outfile.h"
#include "monitor/screen.h"

enum { BAR = 30 };
#define SAVE_EVERY 0.25 /* seconds */
#define SHOW_EVERY 0.2

/* Threads and chunks: 3 and 5 are at work, `next` is 6, and what is done need not be done in order.
 *
 *   chunk   0  1  2  3  4  5  6  7 ...
 *   done    x  x  x     x
 *
 * The file says which are done, so after a kill the others are done again, and the sum is the same. */
struct work {
    pthread_mutex_t lock; /* of all below */
    struct sweep_shard *shard;
    const char *out;
    unsigned next, done, chunks;
    unsigned before; /* chunks that were done when the work began */
    uint64_t swept;  /* encodings that were */
    double begun, saved, shown;
    bool terminal;
    int error; /* the first; nothing is begun after it */
    struct error sentence;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int save_shard(FILE *f, const void *shard, struct error *e)
{
    return sweep_shard_write(shard, f) == -ENOMEM ? error_set(e, ENOMEM, "out of memory") : 0;
}

static int save(const struct work *w, struct error *e) { return w->out ? outfile_write(w->out, save_shard, w->shard, e) : 0; }

/* --- the bar */

/* "[=========                     ]  31%  4.2 million encodings/s, 210 s left". Rate and time are those of this run: chunks that
 * a file had done already count for the part of the bar, and not for them. */
static void show(struct work *w, double at)
{
    const double part = w->chunks ? (double)w->done / w->chunks : 1, spent = at - w->begun;
    const double rate = spent > 0 ? (double)(w->shard->counts.encodings - w->swept) / spent : 0;
    const unsigned mine = w->done - w->before, filled = (unsigned)(part * BAR);
    const double left = mine ? spent / mine * (w->chunks - w->done) : 0;
    char bar[BAR + 1], text[BAR + 96];
    memset(bar, ' ', BAR);
    memset(bar, '=', filled);
    bar[BAR] = '\0';
    w->shown = at;
    snprintf(text, sizeof text, "[%s] %3.0f%%  %.1f million encodings/s, %.0f s left ", bar, part * 100, rate / 1e6, left);
    fprintf(stderr, "\r%.*s\033[K", (int)screen_columns() - 1, text); /* a second row would not go away */
}

static void show_clear(const struct work *w)
{
    if (w->terminal)
        fputs("\r\033[K", stderr);
}

/* --- a thread */

static void fail(struct work *w, int error, const struct error *e)
{
    if (!w->error) {
        w->error = error;
        w->sentence = *e;
    }
}

/* The next chunk of the shard that is not done; false: there is none. Under the lock. */
static bool take(struct work *w, unsigned *n)
{
    while (w->next < w->chunks && w->shard->done[w->next])
        w->next++;
    *n = w->next;
    return !w->error && w->next++ < w->chunks;
}

/* Adding is all that happens under the lock, so threads hardly wait for each other. A file that cannot be written ends the work:
 * it would be lost anyway. */
static void give(struct work *w, unsigned n, const struct sweep_counts *c)
{
    const double at = now();
    struct error e;
    sweep_add(&w->shard->counts, c);
    w->shard->done[n] = true;
    w->done++;
    if (w->terminal && at - w->shown > SHOW_EVERY)
        show(w, at);
    if (at - w->saved > SAVE_EVERY) {
        int r = save(w, &e);
        if (r)
            fail(w, r, &e);
        w->saved = now();
    }
}

/* What a thread needs is made by itself, since machines are not shared. A first failure is kept; others would say the same. */
static void *worker(void *opaque)
{
    struct work *w = opaque;
    struct sweep *s = NULL;
    struct sweep_counts *c = malloc(sizeof *c);
    struct error e;
    unsigned n;
    int r = c ? sweep_open(&s, &w->shard->config, NULL) : -ENOMEM;
    pthread_mutex_lock(&w->lock);
    if (r) {
        error_set(&e, -r, "the laboratory cannot be set up: %s", strerror(-r));
        fail(w, r, &e);
    }
    while (r == 0 && take(w, &n)) {
        pthread_mutex_unlock(&w->lock);
        *c = (struct sweep_counts){0};
        sweep_chunk(s, sweep_shard_chunk(w->shard, n), c);
        pthread_mutex_lock(&w->lock);
        give(w, n, c);
    }
    pthread_mutex_unlock(&w->lock);
    sweep_close(s);
    free(c);
    return NULL;
}

/* The caller works, too, so that it is done also where no thread can be had. */
int sweep_work(struct sweep_shard *shard, unsigned jobs, const char *out, struct error *e)
{
    struct work w = {.shard = shard, .out = out, .chunks = sweep_shard_chunks(shard), .terminal = isatty(STDERR_FILENO)};
    pthread_t thread[SWEEP_JOBS_MAX];
    unsigned threads = 0;
    w.done = w.before = sweep_shard_done(shard);
    w.swept = shard->counts.encodings;
    w.begun = w.saved = now();
    int r = save(&w, e); /* better now than after the work */
    if (r)
        return r;
    pthread_mutex_init(&w.lock, NULL);
    while (threads + 1 < jobs && threads < SWEEP_JOBS_MAX && pthread_create(&thread[threads], NULL, worker, &w) == 0)
        threads++;
    worker(&w);
    while (threads > 0)
        pthread_join(thread[--threads], NULL);
    pthread_mutex_destroy(&w.lock);
    show_clear(&w);
    if (w.error) {
        *e = w.sentence;
        return w.error;
    }
    return save(&w, e);
}
