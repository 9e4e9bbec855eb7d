/* work_memory.c - memory that does not fit a small cache, and copies. */
#include "tests/bench/work.h"

uint64_t work_chase(uint64_t n)
{
    enum { NODES = 32768, STEPS = 200000 }; /* a node per 64 bytes */
    struct node {
        struct node *next;
        uint64_t value[7];
    } *node = (void *)arena;
    static uint32_t order[NODES];
    uint64_t seed = 5, h = 0;
    for (uint32_t i = 0; i < NODES; i++) {
        order[i] = i;
        node[i].value[0] = i;
    }
    for (uint32_t i = NODES - 1; i > 0; i--) {
        uint32_t j = (uint32_t)(random_next(&seed) % (i + 1)), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (uint32_t i = 0; i < NODES; i++)
        node[order[i]].next = &node[order[(i + 1) % NODES]];
    const struct node *at = node;
    for (uint64_t round = 0; round < n; round++) {
        uint64_t sum = 0;
        for (unsigned i = 0; i < STEPS; i++) {
            sum += at->value[0];
            at = at->next;
        }
        h = mix(h, sum);
    }
    return h;
}

static void copy_words(volatile uint64_t *to, const uint64_t *from, size_t words)
{
    for (size_t i = 0; i + 4 <= words; i += 4) {
        uint64_t a = from[i], b = from[i + 1], c = from[i + 2], d = from[i + 3];
        to[i] = a;
        to[i + 1] = b;
        to[i + 2] = c;
        to[i + 3] = d;
    }
}

enum { MEGABYTE = 1 << 20, WORDS = MEGABYTE / 8 };

static void fill(void)
{
    uint64_t seed = 6, *word = (void *)arena;
    for (unsigned i = 0; i < ARENA / 8; i++)
        word[i] = random_next(&seed);
}

uint64_t work_copy(uint64_t n)
{
    uint64_t *word = (void *)arena, h = 0;
    fill();
    for (uint64_t round = 0; round < n; round++) {
        word[round % WORDS] += round;
        copy_words(word + 2 * WORDS + 72 /* no multiple of a page away */, word, WORDS);
        h = mix(h, word[2 * WORDS + 72 + (round * 4099) % WORDS]);
    }
    return h;
}

uint64_t work_alias(uint64_t n)
{
    uint64_t *word = (void *)arena, h = 0;
    fill();
    for (uint64_t round = 0; round < n; round++) {
        word[round % WORDS] += round;
        copy_words(word + 512 * (1 + round % 3), word, WORDS);
        copy_words(word + 2 * WORDS, word, WORDS);
        h = mix(h, word[2 * WORDS + (round * 4099) % WORDS]);
    }
    return h;
}
