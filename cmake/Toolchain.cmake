# Language level, warnings, sanitizers, linker: the same for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# One setting for libraries and programs, or they could not share the precompiled header.
add_compile_options(-fPIE)
add_link_options(-pie)

set(DARKROOM_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")
option(DARKROOM_WARNINGS_AS_ERRORS "Turn warnings into errors" ON)

# -O2 with line tables: stack traces stay readable, objects stay small.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")

add_library(darkroom_options INTERFACE)
target_compile_options(darkroom_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wold-style-cast -Wno-missing-field-initializers>
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${DARKROOM_WARNINGS_AS_ERRORS}>>:-Werror>
    -fstack-protector-strong)
target_compile_definitions(darkroom_options INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION
    BOOST_ALL_NO_LIB SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL
    $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
target_include_directories(darkroom_options INTERFACE ${CMAKE_SOURCE_DIR})
target_link_options(darkroom_options INTERFACE -fuse-ld=lld -Wl,--as-needed -Wl,-z,relro,-z,now)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    # Only what is used reaches memory; the idle budget counts resident pages.
    target_compile_options(darkroom_options INTERFACE -ffunction-sections -fdata-sections)
    target_link_options(darkroom_options INTERFACE -Wl,--gc-sections -Wl,--icf=safe)
    target_compile_definitions(darkroom_options INTERFACE _FORTIFY_SOURCE=2)
endif()
if(DARKROOM_SANITIZE)
    target_compile_options(darkroom_options INTERFACE -fsanitize=${DARKROOM_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(darkroom_options INTERFACE -fsanitize=${DARKROOM_SANITIZE})
endif()
