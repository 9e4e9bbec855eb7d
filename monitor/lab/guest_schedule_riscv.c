/* guest_schedule_riscv.c - the random guests of the assignment "scheduler": how long they compute, how often and how long they sleep. */
#include "monitor/lab/code_riscv.h"

/* About so many instructions. */
static void put_work(struct lab_code *c, unsigned instructions)
{
    put_li(c, U0, instructions / 2);
    const unsigned again = c->count;
    put_addi(c, U0, U0, -1);
    patch_to(c, put_branch(c, BNE, U0, 0), again);
}

/* Waits until a timer that is so many ticks away; interrupts stay off, so that none is taken. */
static void put_sleep(struct lab_code *c, unsigned ticks)
{
    put_li(c, U0, LAB_CLINT + 0xbff8);
    put_load(c, 3, U1, U0, 0);
    put_addi(c, U1, U1, (int)ticks);
    put_li(c, U0, LAB_MTIMECMP);
    put_store(c, 3, U1, U0, 0);
    put_addi(c, U2, 0, 1 << RV_IRQ_MTI);
    put_csr(c, CSRRW, 0, CSR_mie, U2);
    put(c, LAB_WFI_WORD);
    put_addi(c, U1, 0, -1);
    put_store(c, 3, U1, U0, 0);
}

/* Lengths differ, so that machines do not end all at once and the last rounds are not the same for all. */
void lab_guest_busy(struct lab_code *c, uint64_t seed)
{
    lab_frame_begin(c, seed);
    put_work(c, 60000 + lab_below(c, 40000));
    lab_frame_end(c);
}

/* Short work is likelier than long: who wakes up often and briefly is whom a bad scheduler keeps waiting. */
void lab_guest_sleepy(struct lab_code *c, uint64_t seed)
{
    lab_frame_begin(c, seed);
    for (unsigned n = 4 + lab_below(c, 8); n > 0; n--) {
        put_work(c, 500 + lab_below(c, lab_coin(c) ? 2000 : 16000));
        put_sleep(c, 5 + lab_below(c, 200));
    }
    lab_frame_end(c);
}
