# Targets of the project: two kinds of library, told apart by what they may include.
#
#   sinter_add_compiler_library(Name sources... [DIALECT] [DEPENDS targets...] [LINK libraries...])
#     knows LLVM and MLIR: no exceptions, shared MLIR and LLVM alone, a precompiled header for all; with DIALECT the one that
#     has the ops of the nn dialect, too.
#   sinter_add_runtime_library(Name sources... [LINK libraries...] [PRIVATE libraries...])
#     knows neither; exceptions are allowed inside. Programs are linked with these, wherever they run, so they hold what
#     of fmt they use: PRIVATE names libraries of headers, which those who link it need not have. `sinter` looks for the
#     archives in ../lib.

set(SINTER_WARNINGS -Wall -Wextra -Wno-unused-parameter)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_link_options(-fuse-ld=lld)
endif()

# Files that include MLIR's headers cost 5 to 8 seconds each without a precompiled header, those with the ops of the nn
# dialect 2 more.
function(sinter_compiler_options target)
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include)
  target_include_directories(${target} SYSTEM PUBLIC ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
  target_compile_options(${target} PRIVATE -fno-exceptions ${SINTER_WARNINGS} -Xclang -fno-pch-timestamp)
endfunction()

set(SINTER_MLIR_HEADERS
  <mlir/Dialect/Arith/IR/Arith.h> <mlir/Dialect/Func/IR/FuncOps.h> <mlir/Dialect/Linalg/IR/Linalg.h>
  <mlir/Dialect/Math/IR/Math.h> <mlir/Dialect/MemRef/IR/MemRef.h> <mlir/Dialect/SCF/IR/SCF.h>
  <mlir/Dialect/Tensor/IR/Tensor.h> <mlir/Dialect/Vector/IR/VectorOps.h> <mlir/Dialect/LLVMIR/LLVMDialect.h>
  <mlir/IR/Builders.h> <mlir/IR/PatternMatch.h> <mlir/Pass/Pass.h> <mlir/Transforms/DialectConversion.h>)
file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "// Holds a precompiled header.\n")
foreach(holder SinterPCH SinterDialectPCH)
  add_library(${holder} OBJECT ${CMAKE_BINARY_DIR}/pch.cpp)
  sinter_compiler_options(${holder})
endforeach()
target_precompile_headers(SinterPCH PRIVATE ${SINTER_MLIR_HEADERS})
target_precompile_headers(SinterDialectPCH PRIVATE ${SINTER_MLIR_HEADERS} <sinter/Dialect/NN/IR/NN.h>)
add_dependencies(SinterDialectPCH SinterNNIncGen SinterInterfacesIncGen)

function(sinter_add_compiler_library name)
  cmake_parse_arguments(ARG "DIALECT" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  sinter_compiler_options(${name})
  set(holder SinterPCH)
  if(ARG_DIALECT)
    set(holder SinterDialectPCH)
  endif()
  target_precompile_headers(${name} REUSE_FROM ${holder})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

function(sinter_add_runtime_library name)
  cmake_parse_arguments(ARG "" "" "LINK;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
  target_compile_options(${name} PRIVATE ${SINTER_WARNINGS})
  target_compile_features(${name} PUBLIC cxx_std_17)
  set_target_properties(${name} PROPERTIES ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib
    POSITION_INDEPENDENT_CODE ON) # for shared libraries of those who link it
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  foreach(library fmt::fmt-header-only ${ARG_PRIVATE})
    target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:${library}>)
  endforeach()
endfunction()
