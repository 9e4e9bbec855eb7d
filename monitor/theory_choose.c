/* theory_choose.c - see theory_text.h: what a word of a person means, of instruction sets, variants, pins and instructions; and what is
 * nearest to one that means nothing.
 *
 * What a word that means nothing is answered with:
 *
 *     classify riskv         there is no instruction set, and which one is near
 *     classify pg:LRB        the variants that there are
 *     classify pg getmod     the three instructions that are nearest; none, if all are far
 *     classify ... 0x1234    the rows from which fewest bits part it
 */
#include "monitor/theory_text.h"

#include "monitor/kind.h"
#include "monitor/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is nearest */

enum { NEAREST = 3 };

/* The words that are least far away, nearest first. */
struct nearest {
    unsigned count, far[NEAREST];
    char name[NEAREST][64];
};

/* Put in by distance; of equals the first that came stays first. The last one falls out when there are more than three. */
static void nearest_add(struct nearest *n, const char *name, unsigned far)
{
    unsigned at = n->count < NEAREST ? n->count++ : NEAREST;
    for (; at > 0 && far < n->far[at - 1]; at--)
        if (at < NEAREST) {
            n->far[at] = n->far[at - 1];
            memcpy(n->name[at], n->name[at - 1], sizeof n->name[at]);
        }
    if (at == NEAREST)
        return;
    n->far[at] = far;
    snprintf(n->name[at], sizeof n->name[at], "%s", name);
}

/* "LRA, JRST1 or GETR" */
static const char *nearest_text(const struct nearest *n, char *out, size_t size)
{
    size_t at = 0;
    *out = '\0';
    for (unsigned i = 0; i < n->count && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%s", i == 0 ? "" : i + 1 == n->count ? " or " : ", ", n->name[i]);
    return out;
}

/* --- choosing */

static const char *isa_name(const void *list, unsigned index)
{
    const struct theory *t = theory_at(index);
    (void)list;
    return t ? t->isa : NULL;
}

/* An instruction set that machines are of and no theory is of has a sentence of its own: it is not misspelt. */
static int unknown_isa(const char *word, struct error *e)
{
    struct nearest n = {0};
    char text[224];
    const struct kind *k;
    for (unsigned i = 0; (k = kind_at(i)); i++)
        if (strcmp(k->isa->name, word) == 0)
            return error_set(e, EINVAL, "there is no classifier for the instruction set %s: nothing is measured of it", word);
    const char *near = nearest_word(word, isa_name, NULL), *name;
    if (near)
        return error_set(e, EINVAL, "there is no instruction set '%s'; is '%s' meant?", word, near);
    for (unsigned i = 0; (name = isa_name(NULL, i)); i++)
        nearest_add(&n, name, 0);
    return error_set(e, EINVAL, "there is no instruction set '%s'; there is %s", word, nearest_text(&n, text, sizeof text));
}

/* In capitals or not; the theory's own spelling is what is kept and shown. */
static const char *variant_of(const struct theory *t, const char *word, size_t length)
{
    for (const char *const *v = t->variants; *v; v++)
        if (strlen(*v) == length && strncasecmp(*v, word, length) == 0)
            return *v;
    return NULL;
}

/* "umip+noleak", of a theory that takes several together: each of them is one. false: *bad is the first that is none. */
static bool all_variants(const struct theory *t, const char *word, char *bad, size_t size)
{
    for (const char *at = word;; at++) {
        const size_t length = strcspn(at, "+");
        if (!variant_of(t, at, length)) {
            snprintf(bad, size, "%.*s", (int)length, at);
            return false;
        }
        at += length;
        if (!*at)
            return true;
    }
}

/* All of them, for they are few: "LRA, JRST1 and GETR". */
static const char *variants_text(const struct theory *t, char *out, size_t size)
{
    size_t at = 0;
    *out = '\0';
    for (const char *const *v = t->variants; *v && at < size; v++)
        if (**v)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at == 0 ? "" : v[1] ? ", " : " and ", *v);
    return out;
}

static int choose_variant(const struct theory *t, const char *whole, const char **out, struct error *e)
{
    char word[64];
    snprintf(word, sizeof word, "%s", whole);
    if (t->variants && t->variants_combine && strchr(whole, '+') && all_variants(t, whole, word, sizeof word)) {
        const char *apart = t->variants_apart ? t->variants_apart(whole) : NULL;
        *out = whole;
        return apart ? error_set(e, EINVAL, "%s", apart) : 0;
    }
    char text[224];
    if (!t->variants)
        return error_set(e, EINVAL, "%s has no variants, and so none named '%s'", t->isa, word);
    *out = variant_of(t, whole, strlen(whole));
    if (*out)
        return 0;
    return error_set(e, EINVAL, "%s has no variant '%s'; there are %s%s", t->isa, word, variants_text(t, text, sizeof text),
                     t->variants_combine ? ", and several with a '+' between them" : "");
}

int theory_choose(const char *word, struct theory_choice *out, struct error *e)
{
    size_t length = strcspn(word, ":");
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), word);
    *out = (struct theory_choice){.theory = theory_find(word)};
    if (!out->theory)
        return unknown_isa(name, e);
    return word[length] ? choose_variant(out->theory, word + length + 1, &out->variant, e) : 0;
}

int theory_choose_pin(const struct theory *t, const char *word, const char **out, struct error *e)
{
    struct nearest n = {0};
    char text[224];
    if (t->settings && strcmp(word, THEORY_SETTINGS) == 0) {
        *out = THEORY_SETTINGS;
        return 0;
    }
    for (const struct k_pin *p = t->pins; p && p->name; p++) {
        if (strcmp(p->name, word) == 0) {
            *out = p->name;
            return 0;
        }
        nearest_add(&n, p->name, word_distance(p->name, word));
    }
    if (!n.count)
        return error_set(e, EINVAL, "K of %s has no pins to take out, and so none named '%s'", t->isa, word);
    return error_set(e, EINVAL, "K of %s has no pin '%s'; the nearest are %s", t->isa, word, nearest_text(&n, text, sizeof text));
}

/* Bits of the opcode only (the row's mask): operands may be anything. */
static unsigned bits_apart(insn_t bits, const struct insn_desc *row)
{
    const insn_t other = (bits ^ row->match) & row->mask;
    return (unsigned)(__builtin_popcountll((uint64_t)other) + __builtin_popcountll((uint64_t)(other >> 64)));
}

/* The rows that fewest bits keep from being this one. */
static int unknown_encoding(const struct theory *t, const char *word, insn_t bits, unsigned length, struct error *e)
{
    struct nearest n = {0};
    char text[224];
    for (unsigned r = 0; r < t->set->row_count; r++) {
        const struct insn_desc *row = &t->set->rows[r];
        if (row->length == length)
            nearest_add(&n, row->name, bits_apart(bits, row));
    }
    return error_set(e, EINVAL, "%s is no instruction of %s; the nearest encodings are of %s", word, t->isa,
                     nearest_text(&n, text, sizeof text));
}

/* Length and row are the decoder's to say; a part of a longer instruction is none. */
static int check_encoding(const struct theory *t, const char *word, struct error *e)
{
    unsigned length = 0;
    insn_t bits;
    if (!insn_parse(word + 2, &bits))
        return error_set(e, EINVAL, "'%s' is no encoding: hexadecimal digits, as in 0x10200073", word);
    if (t->set->decode(t->set_config, 0, bits, &length) != INSN_NONE)
        return 0;
    return unknown_encoding(t, word, bits, length, e);
}

/* Before anything is measured, which may take minutes. A name that is the second part of one ("sstatus" of "csrr.sstatus") is at
 * no distance from it: that is what was meant. */
int theory_check_subject(const struct theory *t, const char *word, struct error *e)
{
    struct nearest n = {0};
    char text[224], name[64], lower[64];
    bool listed = false;
    if (t->set && word[0] == '0' && (word[1] | 0x20) == 'x')
        return check_encoding(t, word, e);
    snprintf(lower, sizeof lower, "%s", word);
    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    for (unsigned i = 0; t->subject && t->subject(i, name, sizeof name); i++) {
        const char *part = strchr(name, '.');
        if (strcmp(name, word) == 0)
            return 0;
        unsigned far = part && strcmp(part + 1, lower) == 0 ? 0 : word_distance(name, lower);
        listed = true;
        if (far <= strlen(lower) / 3 + 1)
            nearest_add(&n, name, far);
    }
    if (!listed)
        return 0; /* the theory knows */
    if (!n.count)
        return error_set(e, EINVAL, "%s has no instruction '%s', and none near it; trapeze classify %s lists them", t->isa, word,
                         t->isa);
    return error_set(e, EINVAL, "%s has no instruction '%s'; the nearest are %s", t->isa, word, nearest_text(&n, text, sizeof text));
}

void theory_list(FILE *f)
{
    const struct theory *t;
    for (unsigned i = 0; (t = theory_at(i)); i++) {
        struct lines l = {.out = f, .indent = 2};
        lines_add(&l, t->isa);
        l.indent = 6;
        for (const char *const *v = t->variants; v && *v; v++) {
            char name[64];
            snprintf(name, sizeof name, "%s:%s", t->isa, *v);
            if (**v)
                lines_add(&l, name);
        }
        lines_end(&l);
    }
}

int theory_option_jobs(const char *value, unsigned *out, struct error *e)
{
    uint64_t n;
    int r = option_number("--jobs", value, false, &n, e);
    if (r == 0 && (n < 1 || n > THEORY_JOBS_MAX))
        r = error_set(e, EINVAL, "the option --jobs wants 1 to %d, not %s", THEORY_JOBS_MAX, value);
    if (r == 0)
        *out = (unsigned)n;
    return r;
}

int theory_option_states(const char *value, uint64_t *out, struct error *e)
{
    int r = option_number("--states", value, false, out, e);
    if (r == 0 && (*out < 1 || *out > THEORY_STATES_MAX))
        r = error_set(e, EINVAL, "the option --states wants 1 to %d, not %s", THEORY_STATES_MAX, value);
    return r;
}

int theory_option_ring(const char *value, unsigned *out, struct error *e)
{
    if (strcmp(value, "1") != 0 && strcmp(value, "3") != 0)
        return error_set(e, EINVAL, "the option --ring, the real ring that the guest's ring 0 is in, is 1 or 3, not '%s'", value);
    *out = (unsigned)(*value - '0');
    return 0;
}

int theory_choose_ring(const struct theory_choice *c, unsigned said, unsigned *out, struct error *e)
{
    const char *variant = c->variant ? c->variant : "", *why;
    *out = said == 1;
    if (!said)
        return 0;
    if (!c->theory->without_ring1)
        return error_set(e, EINVAL, "the option --ring is for a machine with four rings, which %s is not", c->theory->isa);
    why = *out ? c->theory->without_ring1(variant) : NULL;
    return why ? error_set(e, EINVAL, "--ring 1 and the variant %s exclude each other: %s", variant, why) : 0;
}
