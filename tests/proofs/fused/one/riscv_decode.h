/* riscv_decode.h - of what is made of the tables a proof of fused bodies needs RV_SHORT_row alone: is there a compressed instruction that is
 * short for it? goals.sh says so of the rows at hand. */
