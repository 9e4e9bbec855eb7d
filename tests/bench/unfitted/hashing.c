/* hashing.c - counts words as a lexer would: names are hashed by SipHash-2-4 [Aumasson, Bernstein, INDOCRYPT 2012], which is keyed, into a
 * table with open addressing, where the poorer displaces the richer and what is taken out draws its followers back. Murmur3's 32-bit hash
 * [Appleby, 2011] fills a Bloom filter that is asked first.
 */
#include "tests/bench/work.h"

enum { WORDS = 3000, POOL = 64 << 10, SLOTS = 8192, FILTER = 1 << 16 };

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotl64(uint64_t x, unsigned by) { return x << by | x >> (64 - by); }
static inline uint32_t rotl32(uint32_t x, unsigned by) { return x << by | x >> (32 - by); }

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1, s->v1 = rotl64(s->v1, 13), s->v1 ^= s->v0, s->v0 = rotl64(s->v0, 32);
    s->v2 += s->v3, s->v3 = rotl64(s->v3, 16), s->v3 ^= s->v2;
    s->v0 += s->v3, s->v3 = rotl64(s->v3, 21), s->v3 ^= s->v0;
    s->v2 += s->v1, s->v1 = rotl64(s->v1, 17), s->v1 ^= s->v2, s->v2 = rotl64(s->v2, 32);
}

static inline void sip_absorb(struct sip *s, uint64_t m)
{
    s->v3 ^= m;
    sip_round(s);
    sip_round(s);
    s->v0 ^= m;
}

static uint64_t siphash(const uint64_t key[2], const uint8_t *p, size_t length)
{
    struct sip s = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                    key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
    uint64_t last = (uint64_t)length << 56;
    for (; length >= 8; length -= 8, p += 8) {
        uint64_t m = 0;
        for (unsigned i = 0; i < 8; i++)
            m |= (uint64_t)p[i] << 8 * i;
        sip_absorb(&s, m);
    }
    for (unsigned i = 0; i < length; i++)
        last |= (uint64_t)p[i] << 8 * i;
    sip_absorb(&s, last);
    s.v2 ^= 0xff;
    for (unsigned i = 0; i < 4; i++)
        sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static uint32_t murmur_scramble(uint32_t k) { return rotl32(k * UINT32_C(0xcc9e2d51), 15) * UINT32_C(0x1b873593); }

static uint32_t murmur(uint32_t seed, const uint8_t *p, size_t length)
{
    uint32_t h = seed, k = 0;
    for (size_t left = length / 4; left > 0; left--, p += 4) {
        k = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        h = rotl32(h ^ murmur_scramble(k), 13) * 5 + UINT32_C(0xe6546b64);
    }
    k = 0;
    for (size_t i = length & 3; i > 0; i--)
        k = k << 8 | p[i - 1];
    h ^= murmur_scramble(k) ^ (uint32_t)length;
    h = (h ^ h >> 16) * UINT32_C(0x85ebca6b);
    h = (h ^ h >> 13) * UINT32_C(0xc2b2ae35);
    return h ^ h >> 16;
}

/* --- the table */

struct entry {
    uint64_t hash; /* 0: free */
    uint32_t word, length, count;
};

struct table {
    struct entry slots[SLOTS];
    uint8_t filter[FILTER / 8];
    uint64_t key[2];
    uint8_t pool[POOL];
    uint32_t used, entries;
};

static uint32_t distance(const struct entry *e, uint32_t at) { return (at - (uint32_t)e->hash) & (SLOTS - 1); }

static int filter_has(struct table *t, const uint8_t *word, size_t length, int put)
{
    uint32_t a = murmur(1, word, length), b = murmur(a, word, length);
    int all = 1;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t bit = (a + i * b) % FILTER;
        all &= t->filter[bit / 8] >> bit % 8 & 1;
        if (put)
            t->filter[bit / 8] |= (uint8_t)(1 << bit % 8);
    }
    return all;
}

static struct entry *table_find(struct table *t, uint64_t hash, const uint8_t *word, uint32_t length)
{
    for (uint32_t at = (uint32_t)hash & (SLOTS - 1), far = 0;; at = (at + 1) & (SLOTS - 1), far++) {
        struct entry *e = &t->slots[at];
        if (!e->hash || distance(e, at) < far)
            return NULL;
        if (e->hash != hash || e->length != length)
            continue;
        uint32_t same = 0;
        while (same < length && t->pool[e->word + same] == word[same])
            same++;
        if (same == length)
            return e;
    }
}

static void table_insert(struct table *t, uint64_t hash, const uint8_t *word, uint32_t length)
{
    struct entry new = {hash, t->used, length, 1};
    for (uint32_t i = 0; i < length; i++)
        t->pool[t->used++] = word[i];
    t->entries++;
    for (uint32_t at = (uint32_t)hash & (SLOTS - 1), far = 0;; at = (at + 1) & (SLOTS - 1), far++) {
        struct entry *e = &t->slots[at];
        if (!e->hash) {
            *e = new;
            return;
        }
        if (distance(e, at) < far) {
            struct entry poorer = new;
            new = *e;
            *e = poorer;
            far = distance(&new, at);
        }
    }
}

static void table_remove(struct table *t, struct entry *e)
{
    uint32_t at = (uint32_t)(e - t->slots);
    t->entries--;
    for (;;) {
        uint32_t next = (at + 1) & (SLOTS - 1);
        if (!t->slots[next].hash || distance(&t->slots[next], next) == 0)
            break;
        t->slots[at] = t->slots[next];
        at = next;
    }
    t->slots[at].hash = 0;
}

/* --- a text of words, most of which come again */

static uint32_t make_word(uint64_t seed, uint8_t *word)
{
    uint32_t length = 3 + (uint32_t)(seed % 5) * (uint32_t)(seed % 3), h = (uint32_t)(seed * 2654435761u);
    for (uint32_t i = 0; i < length; i++, h = h * 1103515245u + 12345)
        word[i] = (uint8_t)('a' + (h >> 16) % 26);
    return length;
}

static void table_clear(struct table *t, uint64_t round)
{
    for (uint32_t i = 0; i < SLOTS; i++)
        t->slots[i].hash = 0;
    for (uint32_t i = 0; i < FILTER / 8; i++)
        t->filter[i] = 0;
    t->key[0] = round;
    t->key[1] = ~round;
    t->used = t->entries = 0;
}

static uint64_t count_words(struct table *t, uint64_t *seed)
{
    uint32_t added = 0, removed = 0;
    uint64_t h = 0;
    for (uint32_t i = 0; i < WORDS; i++) {
        uint8_t word[32];
        uint64_t draw = random_next(seed);
        uint32_t length = make_word(draw % (draw >> 60 ? 400 : 4000), word);
        uint64_t hash = siphash(t->key, word, length);
        hash += !hash;
        struct entry *e = filter_has(t, word, length, 1) ? table_find(t, hash, word, length) : NULL;
        if (!e) {
            table_insert(t, hash, word, length);
            added++;
        } else if (++e->count > 12) {
            h += e->length;
            table_remove(t, e);
            removed++;
        }
    }
    for (uint32_t i = 0; i < SLOTS; i++)
        if (t->slots[i].hash) {
            const struct entry *e = &t->slots[i];
            h += (uint64_t)e->count * e->length;
            added -= table_find(t, e->hash, t->pool + e->word, e->length) == e;
        }
    return added == removed ? mix(h, t->entries) : 0; /* whatever is there can be found */
}

static int hashes_are_right(void)
{
    static const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    static const uint8_t greeting[] = "Hello, world!";
    uint8_t counted[15];
    for (unsigned i = 0; i < 15; i++)
        counted[i] = (uint8_t)i;
    return siphash(key, counted, 15) == UINT64_C(0xa129ca6149be45e5) && murmur(0x9747b28c, greeting, 13) == 0x24884cba &&
           murmur(1, greeting, 0) == 0x514e28b7;
}

uint64_t work_hashing(uint64_t n)
{
    struct table *t = (void *)arena;
    uint64_t seed = 11, h = 1;
    for (uint64_t round = 0; round < n; round++) {
        table_clear(t, round);
        uint64_t words = count_words(t, &seed);
        if (!words || !hashes_are_right())
            return UNFITTED_WRONG;
        h = mix(h, words);
    }
    return h;
}
