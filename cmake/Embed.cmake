# embed_text(TARGET FUNCTION FILES...): makes `std::span<const EmbeddedFile> FUNCTION()` (platform/core/embedded.hpp) from text
# files, in the order given, so that a binary carries its migrations and documents. FUNCTION is fully qualified (a::b::c).
function(embed_text target function)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_${target}_${function}.cpp)
    string(REPLACE "::" "_" output ${output})
    set(inputs)
    foreach(file IN LISTS ARGN)
        cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE absolute)
        list(APPEND inputs ${absolute})
    endforeach()
    list(JOIN inputs "|" joined)
    add_custom_command(OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DFUNCTION=${function} "-DFILES=${joined}"
                -P ${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake
        DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake VERBATIM)
    target_sources(${target} PRIVATE ${output})
    set_source_files_properties(${output} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()
