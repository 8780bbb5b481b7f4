# What `cmake --install` puts into a prefix: the tools, the runtime libraries with their headers, and the package that
# find_package(Sinter) reads. Everything that programs are linked with lies in lib, where `sinter` looks for it.
include(CMakePackageConfigHelpers)

set(package lib/cmake/Sinter)
foreach(name Runtime Data Training Driver)
  set_target_properties(Sinter${name} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS Sinter${name} EXPORT SinterTargets ARCHIVE DESTINATION lib)
endforeach()
install(TARGETS sinter EXPORT SinterTargets RUNTIME DESTINATION bin)
install(TARGETS sinter-opt sinter-ptx-run RUNTIME DESTINATION bin)
install(DIRECTORY include/sinter/Runtime include/sinter/Data include/sinter/Training DESTINATION include/sinter
  FILES_MATCHING PATTERN "*.h")
install(EXPORT SinterTargets NAMESPACE Sinter:: DESTINATION ${package})
configure_package_config_file(cmake/SinterConfig.cmake.in ${CMAKE_BINARY_DIR}/SinterConfig.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/SinterConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/SinterConfig.cmake ${CMAKE_BINARY_DIR}/SinterConfigVersion.cmake
  cmake/SinterAddModel.cmake cmake/FindMinizip.cmake DESTINATION ${package})
