// Metadata definitions in files, a namespace each, as Glance comes with in etc/metadefs/*.json and
// as glance-manage db_load_metadefs, db_unload_metadefs and db_export_metadefs take them.
#pragma once

#include <string>
#include <vector>

#include "platform/database/database.hpp"
#include "platform/runtime.hpp"

namespace glance::registry {

// What happens to a namespace that is there already.
enum class IfThere {
  skip,        // it stays as it is
  merge,       // it gets what it does not have
  prefer_new,  // and of what both have the file's wins
  overwrite,   // it is replaced whole
};

struct LoadedMetadefs {
  std::vector<std::string> loaded;    // files, in the order of their names
  std::vector<std::string> skipped;   // files of namespaces that are there
  std::vector<std::string> failures;  // what is wrong with which file; the others are loaded
};
// A file, or all *.json of a directory; each is loaded whole or not at all. Throws
// Error(bad_request) if there is none.
[[nodiscard]] LoadedMetadefs load_metadefs(const platform::Runtime& runtime,
                                           platform::Database& database, const std::string& path,
                                           IfThere if_there);

// Removes all namespaces, protected ones too, with what they hold, and all resource types.
void unload_metadefs(platform::Database& database);

// Writes a file per namespace into a directory, named as Glance names them; those that are there
// are overwritten. The files' paths. Throws Error(unavailable) if it can not.
[[nodiscard]] std::vector<std::string> export_metadefs(platform::Database& database,
                                                       const std::string& directory);

}  // namespace glance::registry
