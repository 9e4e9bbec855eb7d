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
