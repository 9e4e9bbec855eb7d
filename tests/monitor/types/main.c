/* main.c - variables of every kind of C's types, at places where a debugger stops: in here(), whose callers have them. */
#include <stdbool.h>
#include <stdint.h>

enum color { RED, GREEN = 5, BLUE };
enum flags { READ = 1, WRITE = 2, EXECUTE = 4 };

struct point {
    int x, y;
};

struct node {
    const char *name;
    struct node *next;
    uint8_t bytes[6];
    char letters[16];
    struct point at;
    enum color color;
    union {
        uint32_t word;
        uint8_t byte[4];
    };
    unsigned low : 3;
    int middle : 5;
    uint64_t wide : 33;
    bool yes, no;
    void (*call)(int);
    volatile uint64_t *device;
    double ratio;
    float small;
};

typedef struct node node_t;
typedef int matrix_t[2][3];

int counter = 41;
static node_t nodes[3];
matrix_t matrix = {{1, 2, 3}, {4, 5, 6}};
static const char greeting[] = "hello, \"world\"\n";
unsigned long zeros[40];
signed char negative = -5;
unsigned char high = 200;
char letter = 'q';
enum flags mode = READ | EXECUTE;
enum flags strange = 8 | WRITE;
void *nowhere;
char *text = "some text";
int numbers[12] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 9};

/* What the compiler may call. */
void *memcpy(void *to, const void *from, unsigned long n)
{
    for (unsigned long i = 0; i < n; i++) {
        ((char *)to)[i] = ((const char *)from)[i];
        __asm__ volatile("" ::: "memory");
    }
    return to;
}

__attribute__((noinline)) void here(void) { __asm__ volatile("" ::: "memory"); }

__attribute__((noinline)) static void callee(int n)
{
    counter += n;
    here();
}

__attribute__((noinline)) static long sum(const struct point *p, struct point by_value, uint8_t narrow, long depth)
{
    long local = p->x + by_value.y + narrow;
    short half = (short)(local * 3);
    __asm__ volatile("" : "+r"(local), "+r"(half));
    if (depth > 0)
        return sum(p, by_value, (uint8_t)(narrow + 1), depth - 1) + local;
    here();
    __asm__ volatile("" : "+r"(local), "+r"(half));
    return local + half;
}

static void fill(void)
{
    for (unsigned i = 0; i < 3; i++) {
        node_t *n = &nodes[i];
        n->name = i == 1 ? 0 : "node";
        n->next = i < 2 ? n + 1 : 0;
        for (unsigned k = 0; k < 6; k++)
            n->bytes[k] = (uint8_t)(k * 50 + i);
        for (unsigned k = 0; k < 5; k++)
            n->letters[k] = (char)('a' + k);
        n->at = (struct point){(int)i, -(int)i};
        n->color = i ? BLUE : GREEN;
        n->word = 0xdeadbeef + i;
        n->low = 5;
        n->middle = -3;
        n->wide = UINT64_C(0x1ffffffff) - i;
        n->yes = true;
        n->call = callee;
        n->device = (volatile uint64_t *)0x10000000;
        n->ratio = 2.5 * 1;
        n->small = -0.75f;
    }
}

int main(void)
{
    static int calls;
    struct point origin = {3, 4}, *where = &origin;
    long result = 0;
    matrix_t *m = &matrix;
    __asm__ volatile("" : "+r"(where), "+r"(m), "+m"(origin), "+r"(result));
    fill();
    here();
    {
        int inner = counter + 1;
        node_t copy = nodes[1];
        __asm__ volatile("" : "+r"(inner), "+m"(copy));
        callee(inner);
        result += copy.at.x;
    }
    result += sum(where, origin, 250, 2);
    calls++;
    __asm__ volatile("" ::"r"(where), "r"(m), "r"(result), "r"(greeting), "r"(nowhere), "r"(text));
    here();
    return 0;
}
