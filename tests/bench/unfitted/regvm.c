/* regvm.c - a virtual machine with sixteen registers and a memory of words: instructions of three operands, each a function that is called
 * by a table. Its programs count primes and follow Collatz sequences; how many there are, and how long the longest is, is known.
 */
#include "tests/bench/work.h"

typedef struct Vm Vm;
typedef struct {
    uint8_t op, a, b, c;
    int32_t k;
} Code;

struct Vm {
    int64_t r[16];
    const Code *pc, *code;
    int32_t *memory;
    const Code *calls[32];
    unsigned depth;
    int running;
};

typedef void Operation(Vm *, const Code *);

static void op_halt(Vm *vm, const Code *i) { (void)i, vm->running = 0; }
static void op_set(Vm *vm, const Code *i) { vm->r[i->a] = i->k; }
static void op_move(Vm *vm, const Code *i) { vm->r[i->a] = vm->r[i->b]; }
static void op_add(Vm *vm, const Code *i) { vm->r[i->a] = vm->r[i->b] + vm->r[i->c]; }
static void op_addk(Vm *vm, const Code *i) { vm->r[i->a] = vm->r[i->b] + i->k; }
static void op_mul(Vm *vm, const Code *i) { vm->r[i->a] = vm->r[i->b] * vm->r[i->c]; }
static void op_half(Vm *vm, const Code *i) { vm->r[i->a] = vm->r[i->b] >> 1; }
static void op_andk(Vm *vm, const Code *i) { vm->r[i->a] = vm->r[i->b] & i->k; }
static void op_load(Vm *vm, const Code *i) { vm->r[i->a] = vm->memory[vm->r[i->b] + i->k]; }
static void op_store(Vm *vm, const Code *i) { vm->memory[vm->r[i->b] + i->k] = (int32_t)vm->r[i->a]; }
static void op_jump(Vm *vm, const Code *i) { vm->pc = vm->code + i->k; }
static void op_less(Vm *vm, const Code *i)
{
    if (vm->r[i->a] < vm->r[i->b])
        vm->pc = vm->code + i->k;
}
static void op_zero(Vm *vm, const Code *i)
{
    if (vm->r[i->a] == 0)
        vm->pc = vm->code + i->k;
}
static void op_call(Vm *vm, const Code *i)
{
    vm->calls[vm->depth++] = vm->pc;
    vm->pc = vm->code + i->k;
}
static void op_return(Vm *vm, const Code *i)
{
    (void)i;
    vm->pc = vm->calls[--vm->depth];
}

enum { HALT, SET, MOVE, ADD, ADDK, MUL, HALF, ANDK, LOAD, STORE, JUMP, LESS, ZERO, CALL, RETURN };
static Operation *const operations[] = {op_halt, op_set,   op_move, op_add,  op_addk, op_mul,  op_half,  op_andk,
                                        op_load, op_store, op_jump, op_less, op_zero, op_call, op_return};

static int64_t vm_run(const Code *code, int32_t *memory, int64_t argument)
{
    Vm vm;
    for (unsigned i = 0; i < 16; i++)
        vm.r[i] = 0;
    vm.r[1] = argument;
    vm.pc = vm.code = code;
    vm.memory = memory;
    vm.depth = 0;
    for (vm.running = 1; vm.running;) {
        const Code *i = vm.pc++;
        operations[i->op](&vm, i);
    }
    return vm.r[0];
}

/* r0 = how many primes there are below r1: trial division would be slow, hence a sieve in memory. */
static const Code primes[] = {
    {SET, 2, 0, 0, 0},    /*  0: r2 = 0: clear */
    {SET, 3, 0, 0, 0},    /*  1 */
    {STORE, 3, 2, 0, 0},  /*  2: memory[r2] = 0 */
    {ADDK, 2, 2, 0, 1},   /*  3 */
    {LESS, 2, 1, 0, 2},   /*  4 */
    {SET, 2, 0, 0, 2},    /*  5: r2 = 2: look */
    {LOAD, 4, 2, 0, 0},   /*  6 */
    {ZERO, 4, 0, 0, 9},   /*  7 */
    {JUMP, 0, 0, 0, 11},  /*  8: composite */
    {ADDK, 0, 0, 0, 1},   /*  9: one more */
    {CALL, 0, 0, 0, 14},  /* 10 */
    {ADDK, 2, 2, 0, 1},   /* 11 */
    {LESS, 2, 1, 0, 6},   /* 12 */
    {HALT, 0, 0, 0, 0},   /* 13 */
    {SET, 6, 0, 0, 1},    /* 14: strike out r2's multiples from its square */
    {MUL, 5, 2, 2, 0},    /* 15 */
    {JUMP, 0, 0, 0, 19},  /* 16 */
    {STORE, 6, 5, 0, 0},  /* 17 */
    {ADD, 5, 5, 2, 0},    /* 18 */
    {LESS, 5, 1, 0, 17},  /* 19 */
    {RETURN, 0, 0, 0, 0}, /* 20 */
};

/* r0 = 1000 times the number below r1 whose Collatz sequence is the longest, plus its steps. */
static const Code collatz[] = {
    {SET, 2, 0, 0, 1},    /*  0: r2 = the number */
    {MOVE, 3, 2, 0, 0},   /*  1: r3 = where its sequence is, r4 = its steps */
    {SET, 4, 0, 0, 0},    /*  2 */
    {CALL, 0, 0, 0, 13},  /*  3 */
    {LESS, 5, 4, 0, 6},   /*  4: longer than r5? */
    {JUMP, 0, 0, 0, 8},   /*  5 */
    {MOVE, 5, 4, 0, 0},   /*  6 */
    {MOVE, 6, 2, 0, 0},   /*  7 */
    {ADDK, 2, 2, 0, 1},   /*  8 */
    {LESS, 2, 1, 0, 1},   /*  9 */
    {SET, 7, 0, 0, 1000}, /* 10 */
    {MUL, 0, 6, 7, 0},    /* 11 */
    {JUMP, 0, 0, 0, 25},  /* 12 */
    {ADDK, 8, 3, 0, -1},  /* 13: until r3 is 1 */
    {ZERO, 8, 0, 0, 22},  /* 14 */
    {ADDK, 4, 4, 0, 1},   /* 15 */
    {ANDK, 8, 3, 0, 1},   /* 16 */
    {ZERO, 8, 0, 0, 23},  /* 17 */
    {ADD, 8, 3, 3, 0},    /* 18: odd */
    {ADD, 3, 3, 8, 0},    /* 19 */
    {ADDK, 3, 3, 0, 1},   /* 20 */
    {JUMP, 0, 0, 0, 13},  /* 21 */
    {RETURN, 0, 0, 0, 0}, /* 22 */
    {HALF, 3, 3, 0, 0},   /* 23: even */
    {JUMP, 0, 0, 0, 13},  /* 24 */
    {ADD, 0, 0, 5, 0},    /* 25 */
    {HALT, 0, 0, 0, 0},   /* 26 */
};

uint64_t work_regvm(uint64_t n)
{
    static const struct {
        int64_t limit, result;
    } primes_below[] = {{1000, 168}, {10000, 1229}, {20000, 2262}}, longest[] = {{100, 97118}, {500, 327143}, {1000, 871178}};
    uint64_t h = 7;
    for (uint64_t round = 0; round < n; round++) {
        unsigned i = (unsigned)(round % 3), j = (unsigned)(round / 3 % 3);
        int64_t count = vm_run(primes, (int32_t *)(void *)arena, primes_below[i].limit);
        int64_t steps = vm_run(collatz, (int32_t *)(void *)arena, longest[j].limit);
        if (count != primes_below[i].result || steps != longest[j].result)
            return UNFITTED_WRONG;
        h = mix(h, (uint64_t)count * 3 + (uint64_t)steps + round);
    }
    return h;
}
