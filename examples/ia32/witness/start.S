/* start.S - where the program begins; the way into a case and back; and how signals are taken. Linux, ring 3. */
    .text
    .globl _start
_start:
    and $-16, %esp
    call witness_main

/* void enter(const struct registers *): loads them, and goes to the instruction. What comes back comes to `completed` or `trapped`. */
    .globl enter
enter:
    pushal
    mov %esp, saved_esp
    mov 36(%esp), %esi
    pushl 32(%esi)
    popfl
    mov 0(%esi), %eax
    mov 4(%esi), %ecx
    mov 8(%esi), %edx
    mov 12(%esi), %ebx
    mov 16(%esi), %esp
    mov 20(%esi), %ebp
    mov 28(%esi), %edi
    mov 24(%esi), %esi
    jmp *code_here
/* The instruction may have changed any register, and what DS and ES are. SS it has not made unusable, or it would have trapped. */
    .globl completed
completed:
    mov %eax, %ss:after
    mov %ds, %eax
    mov %eax, %ss:after+36
    mov %es, %eax
    mov %eax, %ss:after+40
    mov %ss, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %ecx, after+4
    mov %edx, after+8
    mov %ebx, after+12
    mov %esp, after+16
    mov %ebp, after+20
    mov %esi, after+24
    mov %edi, after+28
    mov saved_esp, %esp
    pushfl
    popl after+32
    cld
    popal
    ret

/* handler(signal, registers): the vector at 48, its error code at 52 [asm/sigcontext.h]. */
    .globl handler
handler:
    mov %ss, %eax
    mov %eax, %ds
    mov %eax, %es
    mov 4(%esp), %eax
    mov %eax, signal_number
    mov 56(%esp), %eax
    mov %eax, vector
    mov 60(%esp), %eax
    mov %eax, error
    mov saved_esp, %esp
    cld
    popal
    ret

/* int system_call(int number, int, int, int) */
    .globl system_call
system_call:
    push %ebx
    mov 8(%esp), %eax
    mov 12(%esp), %ebx
    mov 16(%esp), %ecx
    mov 20(%esp), %edx
    int $0x80
    pop %ebx
    ret
