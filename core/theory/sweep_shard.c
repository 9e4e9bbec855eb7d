/* sweep_shard.c - shard files: text, a line for each thing, and at the end a sum over all before it, so that a file that lost its
 * tail or was changed is known for what it is.
 *
 *   trapeze sweep shard 2        the format's number
 *   isa, version, k, tables, encodings, seed, states, shard     by what it went
 *   done 1110...                 its chunks
 *   swept N                      encodings
 *   runs addi completes N        row, outcome; those that are not 0
 *   faults N                     and `fault` lines, of which only the lowest are kept
 *   end 0123456789abcdef
 */
#include "core/sweep_shard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

const char *const sweep_outcome_name[SWEEP_OUTCOMES] = {
    [OUTCOME_OK] = "completes",        [OUTCOME_RESOURCE] = "resource",   [OUTCOME_PRIVILEGE] = "privilege",
    [OUTCOME_REQUESTED] = "requested", [OUTCOME_UNDEFINED] = "undefined", [OUTCOME_WAIT] = "waits",
};
const char *const sweep_fault_name[SWEEP_FAULT_KINDS] = {
    [SWEEP_UNDEFINED_COMPLETES] = "no-row", [SWEEP_TOUCHES] = "touches",         [SWEEP_CHANGES] = "changes",
    [SWEEP_UNCLAIMED] = "unclaimed",        [SWEEP_WAYS_DIFFER] = "ways-differ",
};

const char *sweep_row_name(const struct sweep_config *c, unsigned row)
{
    return row < sweep_rows(c) ? sweep_theory(c)->set->rows[row].name : "-";
}

void sweep_shard_init(struct sweep_shard *s, const struct sweep_config *config, unsigned shard, unsigned shards, const char *version,
                      const char *k)
{
    *s = (struct sweep_shard){.config = *config, .shard = shard, .shards = shards, .tables = sweep_tables(config)};
    snprintf(s->version, sizeof s->version, "%s", version);
    snprintf(s->k, sizeof s->k, "%s", k);
}

unsigned sweep_shard_chunks(const struct sweep_shard *s)
{
    const unsigned all = sweep_chunks(&s->config);
    return s->shard > all ? 0 : (all - s->shard) / s->shards + 1;
}

unsigned sweep_shard_done(const struct sweep_shard *s)
{
    unsigned done = 0;
    for (unsigned n = 0; n < sweep_shard_chunks(s); n++)
        done += s->done[n];
    return done;
}

/* Shards are added up, or a sweep goes on with its own file: both only where each number means the same. The first
 * thing that differs makes the sentence. */
const char *sweep_shard_differs(const struct sweep_shard *a, const struct sweep_shard *b, char *text, size_t size)
{
    if (a->config.isa != b->config.isa)
        snprintf(text, size, "it is of %s, not %s", sweep_theory(&a->config)->isa, sweep_theory(&b->config)->isa);
    else if (strcmp(a->version, b->version) != 0)
        snprintf(text, size, "it is of version %s, not %s", a->version, b->version);
    else if (a->tables != b->tables)
        snprintf(text, size, "it went by other instruction tables");
    else if (strcmp(a->k, b->k) != 0)
        snprintf(text, size, "its K is %s, not %s", a->k, b->k);
    else if (a->config.quick != b->config.quick)
        snprintf(text, size, "it is of a %s sweep", a->config.quick ? "quick" : "whole");
    else if (a->config.seed != b->config.seed)
        snprintf(text, size, "its seed is %" PRIu64 ", not %" PRIu64, a->config.seed, b->config.seed);
    else if (a->config.states != b->config.states)
        snprintf(text, size, "its encodings are executed from %u states, not %u", a->config.states, b->config.states);
    else if (a->shards != b->shards)
        snprintf(text, size, "it is one of %u shards, not of %u", a->shards, b->shards);
    else
        return NULL;
    return text;
}

/* --- writing */

/* Against files that were cut off or edited by hand, no more: FNV-1a, 64 bits. */
static uint64_t sum_of(const char *text, size_t length)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t n = 0; n < length; n++)
        h = (h ^ (uint8_t)text[n]) * UINT64_C(0x100000001b3);
    return h;
}

static void counts_print(const struct sweep_config *config, const struct sweep_counts *c, FILE *f)
{
    fprintf(f, "swept %" PRIu64 "\n", c->encodings);
    for (unsigned row = 0; row <= sweep_rows(config); row++)
        for (unsigned o = 0; o < SWEEP_OUTCOMES; o++)
            if (c->runs[row][o])
                fprintf(f, "runs %s %s %" PRIu64 "\n", sweep_row_name(config, row), sweep_outcome_name[o], c->runs[row][o]);
    fprintf(f, "faults %" PRIu64 "\n", c->faults);
    for (unsigned n = 0; n < c->told; n++) {
        const struct sweep_fault *x = &c->fault[n];
        fprintf(f, "fault %08x %s %s %x\n", x->bits, sweep_fault_name[x->kind], sweep_outcome_name[x->outcome], x->reg);
    }
}

/* The text is made in memory first, since the sum of all of it is its last line. */
int sweep_shard_write(const struct sweep_shard *s, FILE *out)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return -ENOMEM;
    fprintf(f,
            "trapeze sweep shard 2\nisa %s\nversion %s\nk %s\ntables %016" PRIx64 "\nencodings %s\nseed %" PRIu64
            "\nstates %u\nshard %u/%u\ndone ",
            sweep_theory(&s->config)->isa, s->version, s->k, s->tables, s->config.quick ? "quick" : "all", s->config.seed,
            s->config.states, s->shard, s->shards);
    for (unsigned n = 0; n < sweep_shard_chunks(s); n++)
        fputc(s->done[n] ? '1' : '0', f);
    fputc('\n', f);
    counts_print(&s->config, &s->counts, f);
    const bool bad = ferror(f) != 0;
    if (fclose(f) != 0 || bad) {
        free(text);
        return -ENOMEM;
    }
    fwrite(text, 1, size, out);
    fprintf(out, "end %016" PRIx64 "\n", sum_of(text, size));
    free(text);
    return ferror(out) ? -EIO : 0;
}

/* --- reading. The sum is looked at first, so what comes after it was once written here; still nothing of it is trusted. */

/* Lines are taken off the front, their ends made zeros: words then stand as strings in the text itself. */
static bool line_take(char **at, char **line)
{
    char *end = strchr(*at, '\n');
    *line = *at;
    if (!end)
        return false;
    *end = '\0';
    *at = end + 1;
    return true;
}

/* The rest of a line that begins with this word. */
static const char *word_take(char **at, const char *word)
{
    char *line;
    const size_t n = strlen(word);
    return line_take(at, &line) && strncmp(line, word, n) == 0 && line[n] == ' ' ? line + n + 1 : NULL;
}

static bool text_take(char **at, const char *word, char *out, size_t size)
{
    const char *rest = word_take(at, word);
    return rest && (size_t)snprintf(out, size, "%s", rest) < size;
}

/* No sign, no blank, nothing behind it, and not too large: strtoull() alone would take all of these. */
static bool number_take(char **at, const char *word, int base, uint64_t *out)
{
    const char *rest = word_take(at, word);
    char *end = NULL;
    errno = 0;
    if (rest && *rest != '-' && *rest != ' ')
        *out = strtoull(rest, &end, base);
    return rest && end && end != rest && !*end && !errno;
}

// NOLINTBEGIN(cert-err34-c): a number that is too large becomes another, and what it says is checked
static bool which_take(struct sweep_shard *s, char **at)
{
    char isa[16], encodings[8], shard[32];
    uint64_t states;
    int used = 0;
    if (!text_take(at, "isa", isa, sizeof isa) || !theory_find(isa) || !theory_find(isa)->sweep)
        return false;
    s->config.isa = theory_find(isa)->sweep;
    if (!text_take(at, "version", s->version, sizeof s->version) || !text_take(at, "k", s->k, sizeof s->k) ||
        !number_take(at, "tables", 16, &s->tables) || !text_take(at, "encodings", encodings, sizeof encodings) ||
        !number_take(at, "seed", 10, &s->config.seed) || !number_take(at, "states", 10, &states) ||
        !text_take(at, "shard", shard, sizeof shard))
        return false;
    s->config.quick = strcmp(encodings, "quick") == 0;
    s->config.states = (unsigned)states;
    return (s->config.quick || strcmp(encodings, "all") == 0) && states >= 1 && states <= SWEEP_STATES_MAX &&
           sscanf(shard, "%u/%u%n", &s->shard, &s->shards, &used) == 2 && !shard[used] && s->shard >= 1 && s->shard <= s->shards &&
           s->shards <= SWEEP_SHARDS_MAX;
}

static bool done_take(struct sweep_shard *s, char **at)
{
    const char *bits = word_take(at, "done");
    if (!bits || strlen(bits) != sweep_shard_chunks(s) || strspn(bits, "01") != strlen(bits))
        return false;
    for (unsigned n = 0; bits[n]; n++)
        s->done[n] = bits[n] == '1';
    return true;
}

static unsigned index_of(const char *word, const char *const *list, unsigned count)
{
    unsigned n = 0;
    while (n < count && strcmp(list[n], word) != 0)
        n++;
    return n;
}

/* "runs addi completes 4096"; a row of this name and an outcome of that word have to be there. */
static bool runs_take(const struct sweep_config *config, struct sweep_counts *c, const char *line)
{
    char name[32], outcome[16];
    uint64_t n;
    unsigned row = 0;
    if (sscanf(line, "runs %31s %15s %" SCNu64, name, outcome, &n) != 3)
        return false;
    while (row <= sweep_rows(config) && strcmp(sweep_row_name(config, row), name) != 0)
        row++;
    const unsigned o = index_of(outcome, sweep_outcome_name, SWEEP_OUTCOMES);
    if (row > sweep_rows(config) || o == SWEEP_OUTCOMES)
        return false;
    c->runs[row][o] = n;
    return true;
}

/* "fault 0000006b no-row completes 0": an encoding, what is wrong with it, how it ended, and the register that it
 * is about. */
static bool fault_take(struct sweep_counts *c, const char *line)
{
    struct sweep_fault f;
    char kind[16], outcome[16];
    if (c->told == SWEEP_FAULTS || sscanf(line, "fault %" SCNx32 " %15s %15s %" SCNx32, &f.bits, kind, outcome, &f.reg) != 4)
        return false;
    const unsigned k = index_of(kind, sweep_fault_name, SWEEP_FAULT_KINDS), o = index_of(outcome, sweep_outcome_name, SWEEP_OUTCOMES);
    if (k == SWEEP_FAULT_KINDS || o == SWEEP_OUTCOMES)
        return false;
    f.kind = (enum sweep_fault_kind)k;
    f.outcome = (enum outcome)o;
    c->fault[c->told++] = f;
    return true;
}

static bool counts_take(const struct sweep_config *config, struct sweep_counts *c, char **at)
{
    char *line;
    if (!number_take(at, "swept", 10, &c->encodings))
        return false;
    while (strncmp(*at, "runs ", 5) == 0)
        if (!line_take(at, &line) || !runs_take(config, c, line))
            return false;
    if (!number_take(at, "faults", 10, &c->faults))
        return false;
    while (line_take(at, &line))
        if (!fault_take(c, line))
            return false;
    return true;
}

/* The text up to `end`, which must be right. false: it is not.
 * A text with a zero byte in it is none: what lies behind would be summed and not read. */
static bool end_check(char *text, size_t length)
{
    uint64_t sum;
    int used = 0;
    char *end = length > 0 && text[length - 1] == '\n' && strlen(text) == length ? text + length - 1 : text;
    while (end > text && end[-1] != '\n')
        end--;
    if (sscanf(end, "end %16" SCNx64 "\n%n", &sum, &used) != 1 || end[used] || sum_of(text, (size_t)(end - text)) != sum)
        return false;
    *end = '\0';
    return true;
}
// NOLINTEND(cert-err34-c)

static int shard_parse(struct sweep_shard *s, const char *name, char *text, size_t length, struct error *e)
{
    static const char first[] = "trapeze sweep shard ";
    char *at = text, *line;
    if (strncmp(text, first, sizeof first - 1) != 0)
        return error_set(e, EINVAL, "%s is no shard file of trapeze sweep", name);
    if (!end_check(text, length))
        return error_set(e, EINVAL, "%s is not a whole shard file: its end is missing or it was changed", name);
    *s = (struct sweep_shard){0};
    if (!line_take(&at, &line) || strcmp(line + sizeof first - 1, "2") != 0)
        return error_set(e, EINVAL, "%s is a shard file of another format: %s", name, line);
    if (!which_take(s, &at) || !done_take(s, &at) || !counts_take(&s->config, &s->counts, &at))
        return error_set(e, EINVAL, "%s is a shard file that does not make sense", name);
    return 0;
}

int sweep_shard_read(struct sweep_shard *s, const char *name, struct error *e)
{
    FILE *f = fopen(name, "r");
    char *text = f ? calloc(1, FILE_MAX + 1) : NULL;
    int r;
    if (!f)
        return error_set(e, errno, "%s cannot be read: %s", name, strerror(errno));
    errno = 0;
    const size_t length = text ? fread(text, 1, FILE_MAX, f) : 0;
    if (!text)
        r = error_set(e, ENOMEM, "out of memory");
    else if (ferror(f))
        r = error_set(e, errno ? errno : EIO, "%s cannot be read: %s", name, strerror(errno ? errno : EIO));
    else
        r = shard_parse(s, name, text, length, e);
    fclose(f);
    free(text);
    return r;
}
