/* work_integer.c - what programs without floating point do all day. */
#include "tests/bench/work.h"

uint64_t work_sieve(uint64_t n)
{
    enum { LIMIT = 100000 };
    uint64_t h = 0;
    for (uint64_t round = 0; round < n; round++) {
        uint8_t *composite = arena;
        uint64_t count = 0;
        for (unsigned i = 0; i < LIMIT; i++)
            composite[i] = 0;
        for (unsigned i = 2; i < LIMIT; i++) {
            if (composite[i])
                continue;
            count++;
            for (unsigned j = 2 * i; j < LIMIT; j += i)
                composite[j] = 1;
        }
        h = mix(h, count + round);
    }
    return h;
}

uint64_t work_crc(uint64_t n)
{
    enum { LENGTH = 256 << 10 };
    static uint32_t table[256];
    uint64_t seed = 1, h = 0;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (unsigned k = 0; k < 8; k++)
            c = c & 1 ? UINT32_C(0xedb88320) ^ c >> 1 : c >> 1;
        table[i] = c;
    }
    for (unsigned i = 0; i < LENGTH; i++)
        arena[i] = (uint8_t)random_next(&seed);
    for (uint64_t round = 0; round < n; round++) {
        uint32_t crc = (uint32_t)round;
        for (unsigned i = 0; i < LENGTH; i++)
            crc = table[(crc ^ arena[i]) & 0xff] ^ crc >> 8;
        h = mix(h, crc);
    }
    return h;
}

uint64_t work_matrix(uint64_t n)
{
    enum { SIZE = 96 };
    uint64_t(*a)[SIZE] = (void *)arena, (*b)[SIZE] = (void *)(arena + (1 << 20)), (*c)[SIZE] = (void *)(arena + (2 << 20));
    uint64_t seed = 2, h = 0;
    for (unsigned i = 0; i < SIZE; i++)
        for (unsigned j = 0; j < SIZE; j++) {
            a[i][j] = random_next(&seed);
            b[i][j] = random_next(&seed);
        }
    for (uint64_t round = 0; round < n; round++) {
        for (unsigned i = 0; i < SIZE; i++)
            for (unsigned j = 0; j < SIZE; j++) {
                uint64_t sum = 0;
                for (unsigned k = 0; k < SIZE; k++)
                    sum += a[i][k] * b[k][j];
                c[i][j] = sum;
            }
        a[round % SIZE][0] += c[0][round % SIZE];
        h = mix(h, c[SIZE - 1][SIZE - 1]);
    }
    return h;
}

static void quicksort(uint32_t *v, int64_t low, int64_t high)
{
    while (low < high) {
        uint32_t pivot = v[(low + high) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i <= j) {
                uint32_t t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        if (j - low < high - i) {
            quicksort(v, low, j);
            low = i;
        } else {
            quicksort(v, i, high);
            high = j;
        }
    }
}

uint64_t work_sort(uint64_t n)
{
    enum { COUNT = 50000 };
    uint32_t *v = (void *)arena;
    uint64_t seed = 3, h = 0;
    for (uint64_t round = 0; round < n; round++) {
        for (unsigned i = 0; i < COUNT; i++)
            v[i] = (uint32_t)random_next(&seed);
        quicksort(v, 0, COUNT - 1);
        h = mix(h, v[COUNT / 2] ^ v[0] ^ v[COUNT - 1]);
    }
    return h;
}

/* volatile: the compiler must not make calls of a C library out of these loops, nor leave them out. */
static size_t text_length(const char *s)
{
    size_t n = 0;
    while (*(const volatile char *)(s + n))
        n++;
    return n;
}

static const char *text_find(const char *s, const char *what)
{
    for (; *s; s++) {
        size_t k = 0;
        while (what[k] && s[k] == what[k])
            k++;
        if (!what[k])
            return s;
    }
    return NULL;
}

uint64_t work_strings(uint64_t n)
{
    enum { LENGTH = 60000 };
    char *text = (char *)arena, *copy = (char *)arena + (1 << 20);
    uint64_t seed = 4, h = 0;
    for (unsigned i = 0; i < LENGTH; i++)
        text[i] = (char)('a' + random_next(&seed) % 6);
    text[LENGTH] = '\0';
    for (uint64_t round = 0; round < n; round++) {
        size_t length = text_length(text), differs = 0;
        for (size_t i = 0; i <= length; i++)
            ((volatile char *)copy)[i] = text[i];
        copy[random_next(&seed) % length] = 'x';
        while (copy[differs] == text[differs])
            differs++;
        const char *at = text_find(copy, "abcdefg"), *x = text_find(text, "fedcba");
        h = mix(h, differs + (at ? (uint64_t)(at - copy) : 0) * 3 + (x ? (uint64_t)(x - text) : 0) * 5);
    }
    return h;
}

enum { PUSH, ADD, SUB, MUL, DUP, SWAP, OVER, DROP, LESS, JUMPZ, JUMP, LOADV, STOREV, END };

/* The sum of i * i mod 1000003 for i < 40,000, as code of a stack machine. */
static uint64_t bytecode_run(const uint32_t *code, uint64_t start)
{
    uint64_t stack[32], var[4] = {start, 0, 0, 0};
    unsigned sp = 0;
    for (const uint32_t *pc = code;;) {
        uint64_t t;
        switch (*pc++) {
        case PUSH: stack[sp++] = *pc++; break;
        case ADD: sp--, stack[sp - 1] += stack[sp]; break;
        case SUB: sp--, stack[sp - 1] -= stack[sp]; break;
        case MUL: sp--, stack[sp - 1] *= stack[sp]; break;
        case DUP: stack[sp] = stack[sp - 1], sp++; break;
        case SWAP: t = stack[sp - 1], stack[sp - 1] = stack[sp - 2], stack[sp - 2] = t; break;
        case OVER: stack[sp] = stack[sp - 2], sp++; break;
        case DROP: sp--; break;
        case LESS: sp--, stack[sp - 1] = stack[sp - 1] < stack[sp]; break;
        case JUMPZ: pc = stack[--sp] ? pc + 1 : code + *pc; break;
        case JUMP: pc = code + *pc; break;
        case LOADV: stack[sp++] = var[*pc++]; break;
        case STOREV: var[*pc++] = stack[--sp]; break;
        default: return var[1];
        }
    }
}

uint64_t work_bytecode(uint64_t n)
{
    static const uint32_t code[] = {LOADV, 0,      PUSH, 40000, LESS, JUMPZ, 24, LOADV, 0,      DUP, MUL,  LOADV, 1,
                                    ADD,   STOREV, 1,    LOADV, 0,    PUSH,  1,  ADD,   STOREV, 0,   JUMP, 0};
    /* JUMPZ's target is the word after the loop: END stands there. */
    uint32_t program[sizeof code / sizeof *code + 1];
    uint64_t h = 0;
    for (unsigned i = 0; i < sizeof code / sizeof *code; i++)
        program[i] = code[i];
    program[sizeof code / sizeof *code] = END;
    program[6] = sizeof code / sizeof *code;
    for (uint64_t round = 0; round < n; round++)
        h = mix(h, bytecode_run(program, round & 15));
    return h;
}

static uint64_t fibonacci(uint64_t n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

static uint64_t ackermann(uint64_t m, uint64_t n)
{
    if (m == 0)
        return n + 1;
    return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

uint64_t work_recursion(uint64_t n)
{
    uint64_t h = 0;
    for (uint64_t round = 0; round < n; round++)
        h = mix(h, fibonacci(24 + (round & 3)) + ackermann(2, 200 + (round & 7)));
    return h;
}
