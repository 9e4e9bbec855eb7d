# The build of the IA-32 CPU: insn.def becomes decode tables by mkdecode. Adds to `sources`.
set(ia32 ${CMAKE_SOURCE_DIR}/isa/ia32)
add_executable(mkdecode_ia32 ${ia32}/mkdecode.c)
target_link_libraries(mkdecode_ia32 PRIVATE trapeze_options)
target_include_directories(mkdecode_ia32 PRIVATE ${CMAKE_SOURCE_DIR})
add_custom_command(
  OUTPUT ${generated}/ia32_decode.h
  COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}
  COMMAND mkdecode_ia32 > ${generated}/ia32_decode.h.new
  COMMAND ${CMAKE_COMMAND} -E rename ${generated}/ia32_decode.h.new ${generated}/ia32_decode.h
  DEPENDS mkdecode_ia32 ${ia32}/insn.def ${ia32}/insn_x87.def ${ia32}/undefined.def
  COMMENT "Decode tables of ia32/insn.def"
  VERBATIM)
list(FILTER sources EXCLUDE REGEX "/mkdecode\\.c$")
list(APPEND sources ${generated}/ia32_decode.h)
# What answers people, and what happens once in thousands of instructions, may be small.
file(GLOB unhurried CONFIGURE_DEPENDS ${ia32}/about*.c ${ia32}/print.c ${ia32}/far*.c ${ia32}/task.c ${ia32}/deliver.c ${ia32}/frame.c
  ${ia32}/debug.c ${ia32}/execute_system.c ${ia32}/execute_control.c ${ia32}/execute_decimal.c ${ia32}/execute_x87_*.c ${ia32}/x87_*.c
  ${ia32}/rows.c ${ia32}/variants.c ${ia32}/state.c ${ia32}/watch.c ${ia32}/port.c ${ia32}/i386.c)
list(REMOVE_ITEM unhurried ${ia32}/x87_core.c ${ia32}/x87_arith.c)
if(NOT TRAPEZE_QUICK) # there they are compiled together, and what has options of its own is not
  set_source_files_properties(${unhurried} PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:-Os>)
endif()
# The bodies of rows are many: smaller ones are no slower.
file(GLOB hurried CONFIGURE_DEPENDS ${ia32}/execute_shift.c ${ia32}/execute_alu.c ${ia32}/execute_bit.c ${ia32}/execute_stack.c
  ${ia32}/execute_string.c ${ia32}/execute_x87.c ${ia32}/execute_branch.c ${ia32}/execute_move.c
  ${ia32}/execute_multiply.c ${ia32}/execute_segment.c ${ia32}/access.c ${ia32}/decode.c ${ia32}/fast_choose.c ${ia32}/fast_record.c)
if(NOT TRAPEZE_QUICK)
  set_source_files_properties(${hurried} PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:-O2>)
endif()
# Fast bodies go from one to the next by calls in tail position; the build says where the compiler makes jumps of them (tail.h). Nothing
# unwinds through them.
file(GLOB fast CONFIGURE_DEPENDS ${ia32}/fast_alu.c ${ia32}/fast_branch.c ${ia32}/fast_compare.c ${ia32}/fast_go.c ${ia32}/fast_move.c
  ${ia32}/fast_segment.c ${ia32}/fast_sequence.c ${ia32}/fast_shift.c ${ia32}/fast_x87.c)
set_source_files_properties(${fast} PROPERTIES COMPILE_OPTIONS
  "$<$<CONFIG:Release>:-O2>;-fno-asynchronous-unwind-tables;$<$<BOOL:${TRAPEZE_SANITIZE}>:-g1>")
# The many bodies that have a jump or a page to ask are no faster where the targets of their own jumps are aligned.
set_property(SOURCE ${ia32}/fast_alu.c ${ia32}/fast_compare.c ${ia32}/fast_sequence.c APPEND PROPERTY COMPILE_OPTIONS
  "$<$<AND:$<C_COMPILER_ID:GNU>,$<CONFIG:Release>>:-fno-align-jumps;-fno-align-labels>")
if(NOT TRAPEZE_SANITIZE)
  set_source_files_properties(${fast} PROPERTIES COMPILE_DEFINITIONS $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:IA_TAIL_CALLS=1>)
endif()
