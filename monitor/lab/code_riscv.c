/* code_riscv.c - see code_riscv.h: words into the buffer. */
#include "monitor/lab/code_riscv.h"

#include <assert.h>

/* The longest guest has room; the test behind the assertion keeps a build without assertions within the buffer. */
void put(struct lab_code *c, uint32_t word)
{
    assert(c->count < LAB_WORDS);
    if (c->count < LAB_WORDS)
        c->word[c->count++] = word;
}

/* I-type [unpriv 2.2]:  31 imm 20 | 19 rs1 15 | 14 f3 12 | 11 rd 7 | 6 op 0. Bits of imm above its twelve fall off the top. */
void put_i(struct lab_code *c, unsigned op, unsigned f3, unsigned rd, unsigned rs1, int imm)
{
    put(c, (uint32_t)imm << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op);
}

/* S-type: imm[11:5] at 31 to 25, imm[4:0] where rd would be. */
void put_store(struct lab_code *c, unsigned f3, unsigned rs2, unsigned rs1, int imm)
{
    const uint32_t u = (uint32_t)imm;
    put(c, (u >> 5 & 127) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (u & 31) << 7 | 0x23);
}

/* The number of the CSR stands where an immediate would; rs1 is five bits of an immediate for the forms that end in i. */
void put_csr(struct lab_code *c, unsigned f3, unsigned rd, unsigned csr, unsigned rs1)
{
    put(c, csr << 20 | rs1 << 15 | f3 << 12 | rd << 7 | 0x73);
}

/* From the top down: the low twelve bits are signed, so where their highest is set the rest is one more.
 *
 *    0x80200fff   low = -1, high = 0x80201000, which no lui makes as a positive number: li rd, 0x80201; slli rd, rd, 12; addi rd, rd, -1
 *    0x5555       low = 0x555, high = 0x5000: lui rd, 5; addiw rd, rd, 0x555
 */
void put_li(struct lab_code *c, unsigned rd, uint64_t value)
{
    const int low = (int)sign_extend(value, 12);
    const uint64_t high = value - (uint64_t)(int64_t)low;

    if (high == 0) {
        put_addi(c, rd, 0, low);
    } else if ((uint64_t)sign_extend(high, 32) == high) {
        put(c, (uint32_t)high | rd << 7 | 0x37); /* lui */
        if (low)
            put_i(c, 0x1b, 0, rd, rd, low); /* addiw */
    } else {
        put_li(c, rd, (uint64_t)((int64_t)high >> 12));
        put_slli(c, rd, rd, 12);
        if (low)
            put_addi(c, rd, rd, low);
    }
}

unsigned put_branch(struct lab_code *c, unsigned f3, unsigned rs1, unsigned rs2)
{
    put(c, rs2 << 20 | rs1 << 15 | f3 << 12 | 0x63);
    return c->count - 1;
}

unsigned put_jump(struct lab_code *c, unsigned rd)
{
    put(c, rd << 7 | 0x6f);
    return c->count - 1;
}

/* The immediates of B-type and J-type are scattered so that most bits stand where other formats have them [unpriv 2.3]:
 *
 *    B  31 imm[12] | 30-25 imm[10:5] | rs2 | rs1 | f3 | 11-8 imm[4:1] | 7 imm[11] | op
 *    J  31 imm[20] | 30-21 imm[10:1] | 20 imm[11] | 19-12 imm[19:12] | rd | op
 *
 * The word has zeros there until now: a second patch of the same word would mix both. */
void patch_to(struct lab_code *c, unsigned at, unsigned target)
{
    const uint32_t by = (uint32_t)(target - at) * 4;

    if ((c->word[at] & 0x7f) == 0x63)
        c->word[at] |= (by >> 12 & 1) << 31 | (by >> 5 & 0x3f) << 25 | (by >> 1 & 15) << 8 | (by >> 11 & 1) << 7;
    else
        c->word[at] |= (by >> 20 & 1) << 31 | (by >> 1 & 0x3ff) << 21 | (by >> 11 & 1) << 20 | (by >> 12 & 0xff) << 12;
}

unsigned put_la(struct lab_code *c, unsigned rd)
{
    put(c, rd << 7 | 0x17);
    put_addi(c, rd, rd, 0);
    return c->count - 2;
}

/* auipc adds the upper twenty bits to its own address, addi the rest with its sign. */
void patch_la(struct lab_code *c, unsigned at)
{
    const int by = (int)(c->count - at) * 4, low = (int)sign_extend((uint64_t)by, 12);

    c->word[at] |= (uint32_t)(by - low);
    c->word[at + 1] |= (uint32_t)low << 20;
}
