# sinter_add_model(TARGET FILE.sinter [DIMS N=64,32 ...] [ENTRY NAME] [OPTIONS OPTION...])
#
# Makes a library TARGET of a model file. Whoever links it includes "STEM.h" and calls the functions declared there, STEM
# being the file's name without its extension. The library is made anew when the model file changes.
#
#   DIMS     extents to compile for: N=64,32 makes an instance of each
#   ENTRY    this entry alone: [MODULE.]FN
#   OPTIONS  further options of `sinter compile`: -O0, --mcpu=x86-64-v3, --data-dir=DIR (the model file's folder without),
#            --target=TRIPLE (where CMake compiles for another machine, that one without)
#
# The target's property SINTER_MODEL_DIR is the folder of its files: STEM.h, STEM.o, and STEM.safetensors with the initial
# weights of a model that has any.
function(sinter_add_model target file)
  cmake_parse_arguments(PARSE_ARGV 2 ARG "" "ENTRY" "DIMS;OPTIONS")
  if(ARG_UNPARSED_ARGUMENTS OR ARG_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "sinter_add_model(${target}): expected DIMS, ENTRY or OPTIONS with values, but got "
      "'${ARG_UNPARSED_ARGUMENTS}${ARG_KEYWORDS_MISSING_VALUES}'")
  endif()
  get_filename_component(model ${file} ABSOLUTE)
  if(NOT EXISTS ${model})
    message(FATAL_ERROR "sinter_add_model(${target}): expected a model file, but there is no '${model}'")
  endif()
  get_filename_component(stem ${file} NAME_WLE)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${target}.sinter/${stem})
  set(options ${ARG_OPTIONS})
  if(CMAKE_CROSSCOMPILING AND NOT "${options}" MATCHES "--target")
    list(APPEND options --target=${CMAKE_SYSTEM_PROCESSOR}-linux-gnu)
  endif()
  foreach(dim IN LISTS ARG_DIMS)
    list(APPEND options --dim ${dim})
  endforeach()
  if(ARG_ENTRY)
    list(APPEND options --entry=${ARG_ENTRY})
  endif()

  set(object ${folder}/${stem}.o)
  set(header ${folder}/${stem}.h)
  add_custom_command(
    OUTPUT ${object} ${header}
    COMMAND Sinter::sinter compile ${model} -o ${folder} ${options}
    DEPENDS ${model} Sinter::sinter
    COMMENT "Compiling model ${file}"
    VERBATIM)
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  add_library(${target} STATIC ${object} ${header})
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("C" IN_LIST languages)
    set(language C)
  else()
    set(language CXX)
  endif()
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE ${language} SINTER_MODEL_DIR ${folder})
  # With the adapters of Sinter (sinter/Runtime/OpenMP.h).
  target_include_directories(${target} INTERFACE ${folder}
    $<TARGET_PROPERTY:Sinter::Runtime,INTERFACE_INCLUDE_DIRECTORIES>)
  target_link_libraries(${target} INTERFACE m)
endfunction()
