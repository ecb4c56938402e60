#include "nephele/reload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "platform/log_control.hpp"

namespace nephele {
namespace {

using platform::Config;

// Of nephele.conf: what this file applies.
constexpr std::array<std::string_view, 1> kChangeable{"[DEFAULT] debug"};

void say_restart(std::string_view where, const std::vector<std::string>& options) {
  for (const std::string& option : options)
    if (std::find(kChangeable.begin(), kChangeable.end(), option) == kChangeable.end())
      platform::log_warning("configuration changed, needs a restart file={} option=\"{}\"", where,
                            option);
}

void read_again(const CommandLine& line, const Cloud& cloud, const Config& started_with) {
  const Config host = load_host_file(line);
  // All of it first: a mistake anywhere changes nothing.
  std::vector<std::pair<std::string, std::vector<std::string>>> changed;
  changed.emplace_back("nephele.conf", changed_options({host_options()}, started_with, host));
  for (const auto& [name, before] : cloud.configs()) {
    const ServiceEntry& service = get_service(name);
    changed.emplace_back(std::string(name) + ".conf",
                         changed_options(service.options(), before, load_config(line, service)));
  }
  const bool debug = read_host_settings(line).debug;
  platform::set_log_level(debug ? platform::LogLevel::debug : platform::LogLevel::info);
  platform::log_info("configuration read again log_level={}", debug ? "debug" : "info");
  for (const auto& [file, options] : changed) say_restart(file, options);
}

}  // namespace

std::vector<std::string> changed_options(
    const std::vector<std::span<const platform::Option>>& tables, const Config& before,
    const Config& after) {
  std::vector<std::string> changed;
  for (const auto& table : tables)
    for (const platform::Option& option : table) {
      if (before.text(option.group, option.name) == after.text(option.group, option.name)) continue;
      std::string name = fmt::format("[{}] {}", option.group, option.name);
      if (std::find(changed.begin(), changed.end(), name) == changed.end())
        changed.push_back(std::move(name));
    }
  return changed;
}

void reload(const CommandLine& line, const Cloud& cloud, const Config& started_with) {
  try {
    platform::reopen_log();
    read_again(line, cloud, started_with);
  } catch (const base::Error& error) {
    platform::log_error("configuration is wrong, nothing was changed error={}", error.what());
  }
}

}  // namespace nephele
