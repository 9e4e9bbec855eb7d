/* seed.c - see seed.h.
 *
 *    secret (a file) --two hashes--> key --hash of the name--> student's seed --hash of "lab/stage", n--> seed of guest n
 *
 * Guest 0 of a stage is the same for all, so that people can talk about it; from guest 1 on a solution that was made to pass somebody
 * else's guests meets others.
 */
#include "monitor/lab/seed.h"

#include "core/loader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sip {
    uint64_t v[4];
};

static uint64_t rotated(uint64_t v, unsigned by) { return v << by | v >> (64 - by); }

/* SipRound, as in the figure of the paper: two half rounds of additions, rotations and exclusive ors. The 2 and the 4 of SipHash-2-4 are
 * how many of them there are for a word, and at the end. */
static void sip_rounds(struct sip *s, unsigned n)
{
    uint64_t *v = s->v;
    while (n-- > 0) {
        v[0] += v[1], v[2] += v[3];
        v[1] = rotated(v[1], 13) ^ v[0], v[3] = rotated(v[3], 16) ^ v[2];
        v[0] = rotated(v[0], 32);
        v[2] += v[1], v[0] += v[3];
        v[1] = rotated(v[1], 17) ^ v[2], v[3] = rotated(v[3], 21) ^ v[0];
        v[2] = rotated(v[2], 32);
    }
}

static void sip_word(struct sip *s, uint64_t word)
{
    s->v[3] ^= word;
    sip_rounds(s, 2);
    s->v[0] ^= word;
}

/* The constants spell "somepseudorandomlygeneratedbytes" [SipHash, 2.1]. The last word has what is left of the bytes, and their number,
 * modulo 256, in its highest byte: so a text and the same with a zero behind it differ. */
uint64_t lab_hash(const struct lab_key *key, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    struct sip s = {{key->word[0] ^ UINT64_C(0x736f6d6570736575), key->word[1] ^ UINT64_C(0x646f72616e646f6d),
                     key->word[0] ^ UINT64_C(0x6c7967656e657261), key->word[1] ^ UINT64_C(0x7465646279746573)}};
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++) {
        word |= (uint64_t)at[i] << 8 * (i % 8);
        if (i % 8 == 7) {
            sip_word(&s, word);
            word = 0;
        }
    }
    sip_word(&s, word | (uint64_t)size << 56);
    s.v[2] ^= 0xff;
    sip_rounds(&s, 4);
    return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}

/* A teacher may take any file, of any length: hashed under two fixed keys it becomes 128 bits. */
int lab_key_read(struct lab_key *key, const char *path, struct error *e)
{
    uint8_t *data;
    size_t size;
    int r = load_file(path, &data, &size, e);
    if (r)
        return r;
    key->word[0] = lab_hash(&(struct lab_key){{0, 1}}, data, size);
    key->word[1] = lab_hash(&(struct lab_key){{0, 2}}, data, size);
    free(data);
    return 0;
}

uint64_t lab_guest_seed(uint64_t student, const char *lab, const char *stage, unsigned n)
{
    const struct lab_key key = {{n ? student : 0, n}};
    char text[80];
    const int length = snprintf(text, sizeof text, "%s/%s", lab, stage);
    return lab_hash(&key, text, length > 0 ? (size_t)length : 0);
}
