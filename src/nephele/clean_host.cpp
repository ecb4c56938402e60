// `nephele cleanup`: what neutron-linuxbridge-cleanup and neutron-netns-cleanup are for OpenStack.
#include <fmt/core.h>

#include <filesystem>
#include <optional>

#include "base/error.hpp"
#include "cinder/volume/service.hpp"
#include "nephele/cloud.hpp"
#include "nephele/commands.hpp"
#include "neutron/agents/service.hpp"
#include "nova/compute/service.hpp"

namespace nephele {
namespace {

void print(const std::vector<std::string>& removed) {
  for (const std::string& line : removed) fmt::print("removed {}\n", line);
}

platform::Config config_of(const CommandLine& line, std::string_view service) {
  return load_config(line, get_service(service));
}

}  // namespace

int clean_host(const CommandLine& line) {
  bool guests = false;
  for (const std::string& argument : line.arguments) {
    if (argument != "guests")
      throw base::Error(
          base::ErrorKind::bad_request,
          fmt::format("cleanup takes the word guests or nothing, not '{}'", argument));
    guests = true;
  }
  const StateDirectory directory{line.state_dir};
  std::optional<StateLock> lock;
  if (std::filesystem::exists(directory.root))
    lock.emplace(directory.pid_file(), StateLock::Use::alone);
  const platform::Runtime runtime{platform::system_executor(), platform::system_clock(),
                                  platform::system_random(), platform::null_tracer(), ""};
  if (guests) {
    print(nova::compute::clean_host(config_of(line, "nova"), runtime));
    print(cinder::volume::clean_host(config_of(line, "cinder")));
  }
  print(neutron::agents::clean_host(config_of(line, "neutron")));
  return 0;
}

}  // namespace nephele
