/* execute_i.h - the base integer instructions [unpriv 2, 4] and FENCE.I [unpriv 6]. Every operation is on 64 bits; the W rows
 * work on the low 32 and sign-extend. Compressed rows run these bodies too (rvc.def). */
#include "isa/riscv/bodies.h"

/* Immediates and upper immediates. */
BODY(lui)
{
    WX(RD, (uint64_t)IMM);
    RETURN_NEXT;
}
BODY(auipc)
{
    WX(RD, PC + (uint64_t)IMM);
    RETURN_NEXT;
}

/* Jumps. The target is read before rd is written: they may be one register. With C no target is misaligned [unpriv 2.5]. */
BODY(jal)
{
    WX(RD, PC + LEN);
    RETURN_JUMP_BY_IMM;
}
BODY(jalr)
{
    uint64_t target = (X(RS1) + (uint64_t)IMM) & ~UINT64_C(1);
    WX(RD, PC + LEN);
    RETURN_JUMP(target);
}

/* The target of a branch that is not taken is not looked at. */
#define BRANCH_BODY(name, condition)                                                                                                  \
    BODY(name)                                                                                                                        \
    {                                                                                                                                 \
        uint64_t a = X(RS1), b = X(RS2);                                                                                              \
        RETURN_BRANCH_IF(condition);                                                                                                  \
    }
BRANCH_BODY(beq, a == b)
BRANCH_BODY(bne, a != b)
BRANCH_BODY(blt, (int64_t)a < (int64_t)b)
BRANCH_BODY(bge, (int64_t)a >= (int64_t)b)
BRANCH_BODY(bltu, a < b)
BRANCH_BODY(bgeu, a >= b)

/* rd is written when the load has gone through; a load to x0 is done all the same, for its fault and for what a
 * device does. */
#define LOAD_BODY(name, bytes, value)                                                                                                 \
    BODY(name)                                                                                                                        \
    {                                                                                                                                 \
        LOAD_OR_LEAVE(bytes, X(RS1) + (uint64_t)IMM, v);                                                                              \
        WX(RD, value);                                                                                                                \
        RETURN_NEXT;                                                                                                                  \
    }
LOAD_BODY(lb, 1, (uint64_t)(int64_t)(int8_t)v)
LOAD_BODY(lh, 2, (uint64_t)(int64_t)(int16_t)v)
LOAD_BODY(lw, 4, sext32(v))
LOAD_BODY(ld, 8, v)
LOAD_BODY(lbu, 1, v)
LOAD_BODY(lhu, 2, v)
LOAD_BODY(lwu, 4, v)

/* The upper bytes of rs2 are not cut off: a store takes as many as it has room for. */
#define STORE_BODY(name, bytes)                                                                                                       \
    BODY(name)                                                                                                                        \
    {                                                                                                                                 \
        STORE_OR_LEAVE(bytes, X(RS1) + (uint64_t)IMM, X(RS2));                                                                        \
        RETURN_NEXT;                                                                                                                  \
    }
STORE_BODY(sb, 1)
STORE_BODY(sh, 2)
STORE_BODY(sw, 4)
STORE_BODY(sd, 8)

/* One operation, register-immediate and register-register. Shift amounts are 6 bits, 5 for the W rows.
 * Both operands are read before rd is written, which may be one of them. */
#define OPERATION(name, b_from, result)                                                                                               \
    BODY(name)                                                                                                                        \
    {                                                                                                                                 \
        const uint64_t a = X(RS1), b = b_from;                                                                                        \
        WX(RD, result);                                                                                                               \
        RETURN_NEXT;                                                                                                                  \
    }
#define IMMEDIATE(name, result) OPERATION(name, (uint64_t)IMM, result)
#define REGISTER(name, result) OPERATION(name, X(RS2), result)

IMMEDIATE(addi, a + b)
IMMEDIATE(slti, (int64_t)a < (int64_t)b)
IMMEDIATE(sltiu, a < b)
IMMEDIATE(xori, a ^ b)
IMMEDIATE(ori, a | b)
IMMEDIATE(andi, a &b)
IMMEDIATE(slli, a << b)
IMMEDIATE(srli, a >> b)
IMMEDIATE(srai, (uint64_t)((int64_t)a >> b))
IMMEDIATE(addiw, sext32(a + b))
IMMEDIATE(slliw, sext32(a << b))
IMMEDIATE(srliw, sext32((uint32_t)a >> b))
IMMEDIATE(sraiw, (uint64_t)(int64_t)((int32_t)a >> b))

REGISTER(add, a + b)
REGISTER(sub, a - b)
REGISTER(sll, a << (b & 63))
REGISTER(slt, (int64_t)a < (int64_t)b)
REGISTER(sltu, a < b)
REGISTER(xor, a ^ b)
REGISTER(srl, a >> (b & 63))
REGISTER(sra, (uint64_t)((int64_t)a >> (b & 63)))
REGISTER(or, a | b)
REGISTER(and, a &b)
REGISTER(addw, sext32(a + b))
REGISTER(subw, sext32(a - b))
REGISTER(sllw, sext32(a << (b & 31)))
REGISTER(srlw, sext32((uint32_t)a >> (b & 31)))
REGISTER(sraw, (uint64_t)(int64_t)((int32_t)a >> (b & 31)))

/* One hart executes in program order, and decoded instructions follow memory by themselves (fetch.c): fences have nothing to do. */
BODY(fence) { RETURN_NEXT; }
BODY(fence_tso) { RETURN_NEXT; }
BODY(pause) { RETURN_NEXT; }
BODY(fence_i) { RETURN_NEXT; }
