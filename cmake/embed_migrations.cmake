# Writes OUTPUT: a C++ source with the text of every SQL file in FILES, numbered by its name
# (0001_what.sql), as `NAME::store::migrations()`.

set(rows "")
list(SORT FILES)
foreach(file IN LISTS FILES)
  get_filename_component(stem ${file} NAME_WE)
  string(REGEX MATCH "^[0-9]+" number ${stem})
  math(EXPR number "1${number} - 10000")
  file(READ ${file} text)
  string(APPEND rows "      {${number}, \"${stem}\", R\"SQL(${text})SQL\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"platform/database/migration.hpp\"

namespace ${NAME}::store {
std::span<const platform::Migration> migrations() {
  static const platform::Migration all[] = {
${rows}  };
  return all;
}
}  // namespace ${NAME}::store
")
