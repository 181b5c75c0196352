# Target darkroom_vips: the newest libvips where tools/fetch-vips has put it, else the distribution's (8.14 or newer).
# Only the image worker links it.
set(DARKROOM_VIPS_DIR ${CMAKE_SOURCE_DIR}/build/deps/vips CACHE PATH "Where tools/fetch-vips installed libvips")

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    set(vips_platform linux-arm64)
else()
    set(vips_platform linux-x64)
endif()
set(vips_headers ${DARKROOM_VIPS_DIR}/node_modules/@img/sharp-libvips-dev/include)
set(vips_library_dir ${DARKROOM_VIPS_DIR}/node_modules/@img/sharp-libvips-${vips_platform}/lib)
# One shared object holds libvips, GLib and every codec.
file(GLOB vips_library ${vips_library_dir}/libvips-cpp.so.*)

add_library(darkroom_vips INTERFACE)
if(vips_library AND EXISTS ${vips_headers}/vips/vips.h)
    target_include_directories(darkroom_vips SYSTEM INTERFACE
        ${vips_headers} ${vips_headers}/glib-2.0 ${vips_library_dir}/glib-2.0/include)
    target_link_libraries(darkroom_vips INTERFACE ${vips_library})
    # Beside the binaries: the worker looks in $ORIGIN/../lib, so bin/ and lib/ can be copied into a container as they are.
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
    file(COPY ${vips_library} DESTINATION ${CMAKE_BINARY_DIR}/lib)
    message(STATUS "libvips: ${vips_library}")
else()
    pkg_check_modules(VIPS REQUIRED vips>=8.14)
    # Directories and libraries only: its other flags (-pthread) would not fit the precompiled header.
    target_include_directories(darkroom_vips SYSTEM INTERFACE ${VIPS_INCLUDE_DIRS})
    target_link_libraries(darkroom_vips INTERFACE ${VIPS_LINK_LIBRARIES})
    message(STATUS "libvips: the distribution's ${VIPS_VERSION} (tools/fetch-vips gets a newer one)")
endif()
