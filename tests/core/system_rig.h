/* system_rig.h - what programs of a system know of its board. */
#ifndef TRAPEZE_TESTS_CORE_SYSTEM_RIG_H
#define TRAPEZE_TESTS_CORE_SYSTEM_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/core/bench.h"

enum { T0 = 5, T1 = 6, T2 = 7, MIE_MTIE = 1 << 7, MIE_MEIE = 1 << 11, MIE_MSIE = 1 << 3, CLINT_MTIMECMP = VIRT_CLINT + 0x4000 };
enum { FINISHER_FAIL = 0x3333, FINISHER_PASS = 0x5555, FINISHER_RESET = 0x7777 };
#define CODE BENCH_RAM
#define HANDLER (BENCH_RAM + 0x1000)
#define TOHOST (BENCH_RAM + 0x2000)
#define FROMHOST (BENCH_RAM + 0x2040)
#define BLOCK (BENCH_RAM + 0x3000)

#endif
