// `nephele routes`: the route tables as Markdown, read from the APIs themselves.
#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "nephele/cloud.hpp"
#include "nephele/commands.hpp"
#include "platform/bus/in_process.hpp"

namespace nephele {
namespace {

std::string versions_of(const openstack::Route& route) {
  const bool from_start = route.from == openstack::Microversion{0, 0};
  const bool to_end = route.until == openstack::Microversion{999, 999};
  if (from_start && to_end) return "";
  return fmt::format("{}-{}", from_start ? "" : openstack::to_text(route.from),
                     to_end ? "" : openstack::to_text(route.until));
}

void print(const openstack::ApiDefinition& api) {
  fmt::print("## {}\n\n| method | path | versions | policy |\n|---|---|---|---|\n", api.role);
  for (const openstack::Route& route : api.public_routes)
    fmt::print("| {} | `{}` | | public |\n", route.method, route.path);
  for (const openstack::Route& route : api.routes)
    fmt::print("| {} | `{}{}` | {} | `{}` |\n", route.method, api.prefix, route.path,
               versions_of(route), route.policy);
  fmt::print("\n");
}

}  // namespace

int print_routes(const CommandLine&) {
  std::string directory = std::filesystem::temp_directory_path() / "nephele-routes-XXXXXX";
  if (!::mkdtemp(directory.data()))
    throw base::Error(base::ErrorKind::unavailable, "cannot make a temporary directory");
  const base::ScopeExit remove([&] { std::filesystem::remove_all(directory); });
  CommandLine line;
  line.state_dir = directory;
  line.config_dir = directory;
  const platform::Runtime runtime{platform::system_executor(), platform::system_clock(),
                                  platform::system_random(), platform::null_tracer(), "host"};
  const auto bus = platform::make_in_process_bus(runtime);
  platform::http::LocalTransport transport;
  openstack::FernetKeys::ensure(directory + "/keys", runtime.random);
  openstack::Tokens tokens(directory + "/keys", runtime,
                           std::make_shared<openstack::Revocations>());
  std::vector<std::unique_ptr<platform::Database>> databases;
  std::vector<std::unique_ptr<platform::Config>> configs;
  std::vector<std::unique_ptr<openstack::Role>> kept;
  for (const RoleEntry& entry : roles()) {
    const bool serves = entry.port != 0 || entry.name == "glance-registry";
    if (!serves) continue;
    const ServiceEntry& service = get_service(entry.service);
    databases.push_back(platform::open_sqlite({":memory:"}));
    platform::migrate(*databases.back(), service.migrations());
    configs.push_back(std::make_unique<platform::Config>(load_config(line, service)));
    kept.push_back(
        entry.make({runtime, *bus, databases.back().get(), transport, *configs.back(), &tokens}));
    if (kept.back()->api()) print(kept.back()->api()->definition());
  }
  while (!kept.empty()) kept.pop_back();
  return 0;
}

}  // namespace nephele
