# The build of the RISC-V CPU, for isa/CMakeLists.txt. insn.def becomes decode tables by mkdecode; each execute_*.h is compiled once for
# every machine that runs bodies (isa/riscv/bodies.h).
add_executable(mkdecode riscv/mkdecode.c)
target_link_libraries(mkdecode PRIVATE trapeze_options)
target_include_directories(mkdecode PRIVATE ${CMAKE_SOURCE_DIR})
add_custom_command(
  OUTPUT ${generated}/riscv_decode.h
  COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}
  COMMAND mkdecode > ${generated}/riscv_decode.h.new
  COMMAND ${CMAKE_COMMAND} -E rename ${generated}/riscv_decode.h.new ${generated}/riscv_decode.h
  DEPENDS mkdecode ${CMAKE_CURRENT_SOURCE_DIR}/riscv/insn.def ${CMAKE_CURRENT_SOURCE_DIR}/riscv/rvc.def
  COMMENT "Decode tables of insn.def"
  VERBATIM)

list(FILTER sources EXCLUDE REGEX "/mkdecode\\.c$")
set(bodies)
function(compile_bodies variant)
  foreach(letter ${ARGN})
    string(TOLOWER ${variant} suffix)
    set(file ${generated}/riscv/execute_${letter}_${suffix}.c)
    file(CONFIGURE OUTPUT ${file} CONTENT "#define HART_SEALED\n#define RV_BODIES_${variant}\n#include \"isa/riscv/execute_${letter}.h\"\n")
    set_property(SOURCE ${file} APPEND PROPERTY OBJECT_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/riscv/insn.def)
    list(APPEND bodies ${file})
  endforeach()
  set(bodies ${bodies} PARENT_SCOPE)
endfunction()
compile_bodies(FAST4 i m a f d)
compile_bodies(FAST2 i d) # rows that compressed rows are short for
compile_bodies(STEP i m a f d system)
compile_bodies(CONTRACT i m a f d)
list(APPEND sources ${bodies} ${generated}/riscv_decode.h)

# The translator copies bodies as machine code: they are compiled once more, apart, for one kind of host, and mkstencils makes arrays of
# the objects. Their flags are their own: whatever the rest is built with, stencils are small, and ask nothing of anybody: what counts
# or checks for a test is no part of them. Nor do they ask more of the host than to be an x86-64 (tests/test_stencils.sh). The code
# model makes each hole a number of 32 bits that is sign-extended.
list(FILTER sources EXCLUDE REGEX "/(mkstencils|stencil|native[a-z0-9_]*)\\.c$")
if(TRAPEZE_NATIVE AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(stencils)
  foreach(letter i m a f d far again_i again_f again_d)
    set(file ${generated}/riscv/stencils_${letter}.c)
    string(REGEX MATCH "^again" again ${letter})
    string(REPLACE again "#define STENCIL_AGAIN\n" again "${again}")
    string(REGEX REPLACE "^again_" "" body ${letter})
    file(CONFIGURE OUTPUT ${file} CONTENT "#define HART_SEALED\n#define RV_BODIES_STENCIL\n${again}#include \"isa/riscv/execute_${body}.h\"\n")
    set_property(SOURCE ${file} APPEND PROPERTY OBJECT_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/riscv/insn.def)
    list(APPEND stencils ${file})
  endforeach()
  add_library(riscv_stencils OBJECT ${stencils})
  trapeze_room(riscv_stencils isa mmu)
  target_compile_options(riscv_stencils PRIVATE -O2 -g0 -march=x86-64 -fno-lto -fno-pic -fno-pie -mcmodel=kernel -fcf-protection=none
    -fno-stack-protector -fno-asynchronous-unwind-tables -fno-jump-tables -ffunction-sections -fomit-frame-pointer -fno-strict-aliasing
    -ffp-contract=off -fno-math-errno -fno-sanitize=all -fno-profile-arcs -fno-test-coverage
    -falign-functions=1 $<$<C_COMPILER_ID:GNU>:-falign-jumps=1;-falign-loops=1;-falign-labels=1>)
  add_executable(mkstencils riscv/mkstencils.c)
  target_link_libraries(mkstencils PRIVATE trapeze_options elf)
  target_include_directories(mkstencils PRIVATE ${CMAKE_SOURCE_DIR})
  add_custom_command(
    OUTPUT ${generated}/riscv_stencils.h
    COMMAND mkstencils $<TARGET_OBJECTS:riscv_stencils> > ${generated}/riscv_stencils.h.new
    COMMAND ${CMAKE_COMMAND} -E rename ${generated}/riscv_stencils.h.new ${generated}/riscv_stencils.h
    DEPENDS mkstencils $<TARGET_OBJECTS:riscv_stencils>
    COMMENT "Stencils of execute_*.h"
    VERBATIM COMMAND_EXPAND_LISTS)
  list(APPEND sources riscv/stencil.c riscv/native.c riscv/native_plan.c riscv/native_put.c riscv/native_row.c riscv/native_pieces.c
    riscv/native_x86_64.c ${generated}/riscv_stencils.h)
else()
  list(APPEND sources riscv/native_none.c)
endif()

# What answers people may be small.
if(NOT TRAPEZE_QUICK)
  file(GLOB unhurried CONFIGURE_DEPENDS riscv/about*.c riscv/print.c)
  set_source_files_properties(${unhurried} PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:-Os>)
endif()
# The inner loop goes from body to body by calls in tail position; the build says where the compiler makes jumps of them (tail.h).
if(NOT TRAPEZE_SANITIZE)
  list(APPEND definitions $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:RV_TAIL_CALLS=1>)
endif()
# Softfloat promises the bits of each operation: no fusing behind its back. (Nothing looks at errno.)
file(GLOB float_sources CONFIGURE_DEPENDS riscv/softfloat.c riscv/sf_*.c)
set_source_files_properties(${float_sources} ${bodies} PROPERTIES COMPILE_OPTIONS "-ffp-contract=off;-fno-math-errno")
# Hundreds of small functions that nothing unwinds through. UBSan has the same texts before it in the other bodies; here they would
# take minutes, and so would following their variables for a debugger: lines are what a sanitizer's report needs.
set_source_files_properties(riscv/fused.c PROPERTIES COMPILE_OPTIONS
  "-ffp-contract=off;-fno-math-errno;-fno-asynchronous-unwind-tables;$<$<BOOL:${TRAPEZE_SANITIZE}>:-fno-sanitize=undefined;-g1>")
# Fused bodies take the longest to compile of all the CPU. A quick build does without where machine code makes up for them, and
# elsewhere without those of three and four instructions.
if(TRAPEZE_QUICK AND TARGET riscv_stencils)
  list(FILTER sources EXCLUDE REGEX "/riscv/fused\\.c$")
else()
  list(FILTER sources EXCLUDE REGEX "/riscv/fused_none\\.c$")
endif()
if(TRAPEZE_QUICK)
  set_property(SOURCE riscv/fused.c APPEND PROPERTY COMPILE_DEFINITIONS RV_PAIRS_ALONE)
endif()
