/* lz.c - compression after Lempel and Ziv [IEEE Trans. Inf. Theory 23(3), 1977]: a byte says how many literals follow and how long a match is,
 * 15 that more bytes add to it; a match has its distance in two bytes. Matches are found by chains of positions whose next four bytes have the
 * same hash, and put off by one byte where that makes them longer.
 */
#include "tests/bench/work.h"

#define LENGTH 24000u
#define WINDOW 32768u
#define HASH_BITS 13
#define MIN_MATCH 4u
#define NONE 0xffffffffu

typedef unsigned char byte;

struct compressor {
    const byte *in;
    uint32_t head[1 << HASH_BITS];
    uint32_t before[WINDOW]; /* the position with the same hash before this one */
    uint32_t inserted;
};

static uint32_t word_at(const byte *p) { return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }

static void insert_until(struct compressor *c, uint32_t end)
{
    for (; c->inserted < end && c->inserted + MIN_MATCH <= LENGTH; c->inserted++) {
        uint32_t slot = word_at(c->in + c->inserted) * UINT32_C(2654435761) >> (32 - HASH_BITS);
        c->before[c->inserted % WINDOW] = c->head[slot];
        c->head[slot] = c->inserted;
    }
}

/* The longest match at `at`, 0 if there is none. */
static uint32_t longest(struct compressor *c, uint32_t at, uint32_t *distance)
{
    uint32_t best = 0;
    if (at + MIN_MATCH > LENGTH)
        return 0;
    insert_until(c, at);
    uint32_t candidate = c->head[word_at(c->in + at) * UINT32_C(2654435761) >> (32 - HASH_BITS)];
    for (int tries = 24; candidate != NONE && candidate + WINDOW > at && tries > 0; tries--) {
        uint32_t length = 0;
        while (at + length < LENGTH && c->in[candidate + length] == c->in[at + length])
            length++;
        if (length > best) {
            best = length;
            *distance = at - candidate;
        }
        candidate = c->before[candidate % WINDOW];
    }
    return best >= MIN_MATCH ? best : 0;
}

static byte *put_length(byte *out, uint32_t length)
{
    for (length -= 15; length >= 255; length -= 255)
        *out++ = 255;
    *out++ = (byte)length;
    return out;
}

static byte *put_piece(byte *out, const byte *literals, uint32_t count, uint32_t match, uint32_t distance)
{
    uint32_t more = match ? match - MIN_MATCH : 0;
    *out++ = (byte)((count < 15 ? count : 15) << 4 | (more < 15 ? more : 15));
    if (count >= 15)
        out = put_length(out, count);
    while (count-- > 0)
        *out++ = *literals++;
    if (match) {
        *out++ = (byte)distance;
        *out++ = (byte)(distance >> 8);
        if (more >= 15)
            out = put_length(out, more);
    }
    return out;
}

static uint32_t compress(struct compressor *c, byte *to)
{
    byte *out = to;
    uint32_t at = 0, literals = 0, distance = 0, later = 0;
    for (uint32_t i = 0; i < 1 << HASH_BITS; i++)
        c->head[i] = NONE;
    c->inserted = 0;
    while (at < LENGTH) {
        uint32_t match = longest(c, at, &distance);
        if (!match || longest(c, at + 1, &later) > match + 1) {
            at++;
            continue;
        }
        out = put_piece(out, c->in + literals, at - literals, match, distance);
        at += match;
        literals = at;
    }
    out = put_piece(out, c->in + literals, at - literals, 0, 0);
    return (uint32_t)(out - to);
}

static uint32_t get_length(const byte **in, uint32_t length)
{
    byte more = 255;
    if (length == 15)
        while (more == 255)
            length += more = *(*in)++;
    return length;
}

static uint32_t decompress(const byte *in, uint32_t size, byte *to)
{
    const byte *end = in + size;
    byte *out = to;
    while (in < end) {
        byte token = *in++;
        for (uint32_t literals = get_length(&in, token >> 4); literals > 0; literals--)
            *out++ = *in++;
        if (in == end)
            break;
        const byte *from = out - (in[0] | (uint32_t)in[1] << 8);
        in += 2;
        for (uint32_t match = get_length(&in, token & 15) + MIN_MATCH; match > 0; match--)
            *out++ = *from++;
    }
    return (uint32_t)(out - to);
}

/* Words, of which some are frequent, phrases that come again, and a little noise. */
static void make_input(byte *in, uint64_t *seed)
{
    for (uint32_t at = 0; at < LENGTH;) {
        uint64_t draw = random_next(seed);
        uint32_t length = 2 + (uint32_t)(draw >> 8) % 10, letter = (uint32_t)(draw >> 16) % (draw & 1 ? 40 : 2000);
        if ((draw & 0x70) == 0 && at > 500) {
            const byte *from = in + (draw >> 20) % (at - 200);
            for (length *= 8; length > 0 && at < LENGTH; length--)
                in[at++] = *from++;
            continue;
        }
        for (; length > 0 && at < LENGTH; length--, letter = letter * 5 + 3)
            in[at++] = (byte)(draw >> 60 ? 'a' + letter % 26 : letter >> 1);
        if (at < LENGTH)
            in[at++] = ' ';
    }
}

uint64_t work_lz(uint64_t n)
{
    struct compressor *c = (void *)arena;
    byte *in = arena + (1 << 20), *packed = arena + (2 << 20), *out = arena + (3 << 20);
    uint64_t seed = 15, h = 5;
    c->in = in;
    for (uint64_t round = 0; round < n; round++) {
        make_input(in, &seed);
        uint32_t size = compress(c, packed);
        if (size >= LENGTH || decompress(packed, size, out) != LENGTH)
            return UNFITTED_WRONG;
        for (uint32_t i = 0; i < LENGTH; i++)
            if (in[i] != out[i])
                return UNFITTED_WRONG;
        for (uint32_t i = 0; i + 4 <= size; i += 4)
            h = mix(h, word_at(packed + i));
        h = mix(h, size);
    }
    return h;
}
