// The commands that look at a cloud: trace, explain, roles, config, and the two that tend it: db
// sync, rotate-keys.
#include <fmt/core.h>

#include "base/error.hpp"
#include "cinder/service.hpp"
#include "nephele/cloud.hpp"
#include "nephele/commands.hpp"
#include "nova/service.hpp"
#include "platform/trace.hpp"

namespace nephele {
namespace {

const std::string& argument(const CommandLine& line, const char* what) {
  if (line.arguments.empty())
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("nephele {} needs {}", line.command, what));
  return line.arguments.front();
}

double milliseconds(base::Duration duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}

}  // namespace

int print_trace(const CommandLine& line) {
  const std::string& request_id = argument(line, "a request id (x-openstack-request-id)");
  const auto hops = platform::read_trace(StateDirectory{line.state_dir}.traces(), request_id);
  if (hops.empty()) {
    fmt::print(stderr, "nothing is known of {} in {}\n", request_id, line.state_dir);
    return 1;
  }
  fmt::print("{}\n\n{:>11}  {:>10}  {:<26} {:<7} {:<46} {}\n", request_id, "at ms", "took ms",
             "role", "kind", "what", "outcome");
  for (const platform::Hop& hop : hops)
    fmt::print("{:>11.2f}  {:>10.2f}  {:<26} {:<7} {:<46} {}\n",
               milliseconds(hop.started - hops.front().started), milliseconds(hop.duration),
               hop.role, hop.kind, hop.name, hop.outcome);
  return 0;
}

int print_explanation(const CommandLine& line) {
  const std::string& id = argument(line, "the id of a server or volume");
  const auto open = [&](std::string_view name) {
    const ServiceEntry& service = get_service(name);
    return open_database(line, service, load_config(line, service));
  };
  const auto of_volume = cinder::explain(*open("cinder"), id);
  fmt::print("{}", of_volume ? *of_volume : nova::explain(*open("nova"), id));
  return 0;
}

int synchronize_databases(const CommandLine& line) {
  if (argument(line, "'sync'") != "sync")
    throw base::Error(base::ErrorKind::bad_request, "the one db command is: nephele db sync");
  const StateDirectory directory{line.state_dir};
  directory.ensure();
  for (const ServiceEntry& service : services()) {
    const auto database = open_database(line, service, load_config(line, service));
    platform::migrate(*database, service.migrations());
    fmt::print("{:<10} schema {}\n", service.name,
               service.migrations().empty() ? 0 : service.migrations().back().number);
  }
  return 0;
}

int print_roles(const CommandLine&) {
  for (const RoleEntry& role : roles())
    fmt::print("{:<26} {:<10} {}\n", role.name, role.service, role.purpose);
  return 0;
}

int print_options(const CommandLine&) {
  fmt::print(
      "# nephele.conf\n\nWhat holds for all roles of a host. Beside its own options, every option "
      "of keystone.conf,\nglance.conf, cinder.conf, neutron.conf and nova.conf can be set there: "
      "it goes to the "
      "services that have it, and\na service's own file goes before it. `{{service}}` in a value "
      "stands for the service's name.\n\n{}\n",
      platform::Config({host_options()}).reference());
  for (const ServiceEntry& service : services())
    fmt::print("# {0}.conf\n\n{1}\n", service.name,
               platform::Config(service.options()).reference());
  return 0;
}

int rotate_keys(const CommandLine& line) {
  const platform::Config config = load_config(line, get_service("keystone"));
  const auto kept = static_cast<size_t>(config.integer("fernet_tokens", "max_active_keys"));
  openstack::FernetKeys::rotate(config.text("fernet_tokens", "key_repository"),
                                platform::system_random(), kept);
  fmt::print("rotated; tokens sealed with the former key stay valid until it leaves the {} kept\n",
             kept);
  return 0;
}

}  // namespace nephele
