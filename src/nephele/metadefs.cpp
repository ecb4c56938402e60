// `nephele metadefs`: what glance-manage does with files of metadata definitions.
#include <fmt/core.h>

#include "base/error.hpp"
#include "glance/registry/metadef_files.hpp"
#include "nephele/cloud.hpp"
#include "nephele/commands.hpp"
#include "platform/clock.hpp"
#include "platform/executor.hpp"
#include "platform/trace.hpp"

namespace nephele {
namespace {

using glance::registry::IfThere;

[[noreturn]] void refuse(const char* message) {
  throw base::Error(base::ErrorKind::bad_request, message);
}

IfThere if_there(const CommandLine& line) {
  if (!line.merge && (line.prefer_new || line.overwrite))
    refuse("--prefer_new and --overwrite need --merge beside them");
  if (line.prefer_new && line.overwrite)
    refuse("give no more than one of --prefer_new and --overwrite");
  if (line.overwrite) return IfThere::overwrite;
  if (line.prefer_new) return IfThere::prefer_new;
  return line.merge ? IfThere::merge : IfThere::skip;
}

int load(const CommandLine& line, platform::Database& database, const std::string& path) {
  const platform::Runtime runtime{platform::system_executor(), platform::system_clock(),
                                  platform::system_random(), platform::null_tracer(), ""};
  const auto report = glance::registry::load_metadefs(runtime, database, path, if_there(line));
  for (const std::string& file : report.loaded) fmt::print("loaded   {}\n", file);
  for (const std::string& file : report.skipped) fmt::print("is there {}\n", file);
  for (const std::string& failure : report.failures) fmt::print(stderr, "failed   {}\n", failure);
  return report.failures.empty() ? 0 : 1;
}

}  // namespace

int manage_metadefs(const CommandLine& line) {
  const bool fits = line.arguments.size() == 1 || line.arguments.size() == 2;
  const std::string what = fits ? line.arguments.front() : "";
  if (what != "load" && what != "unload" && what != "export")
    refuse("nephele metadefs takes load [PATH], unload or export [DIRECTORY]");
  const ServiceEntry& glance = get_service("glance");
  const platform::Config config = load_config(line, glance);
  const std::string path = line.arguments.size() == 2
                               ? line.arguments.back()
                               : config.text("DEFAULT", "metadata_source_path");
  const auto database = open_database(line, glance, config);
  platform::check_schema(*database, glance.migrations());
  if (what == "load") return load(line, *database, path);
  if (what == "unload") {
    glance::registry::unload_metadefs(*database);
    return 0;
  }
  for (const std::string& file : glance::registry::export_metadefs(*database, path))
    fmt::print("{}\n", file);
  return 0;
}

}  // namespace nephele
