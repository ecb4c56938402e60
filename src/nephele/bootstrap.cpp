// `nephele bootstrap`: what `keystone-manage bootstrap` and an installation guide do by hand, once
// for a cloud of many hosts. It can be repeated.
#include <fmt/core.h>

#include "base/error.hpp"
#include "nephele/cloud.hpp"
#include "nephele/commands.hpp"
#include "nephele/credentials_files.hpp"
#include "nephele/host_file.hpp"
#include "openstack/token.hpp"
#include "platform/clock.hpp"
#include "platform/trace.hpp"

namespace nephele {
namespace {

constexpr std::string_view kComputeFile = "compute-host.conf";

void write_compute_file(const CommandLine& line, const HostSettings& host) {
  write_file(line.state_dir + "/" + std::string(kComputeFile),
             host_file(host, written_transport_url(line)), 0600);
}

void warn_of_loopback(const HostSettings& host) {
  if (host.controller == "127.0.0.1" || host.controller == "localhost")
    fmt::print(
        "note: the catalog says {}, which only this host reaches: set controller in nephele.conf "
        "and bootstrap again\n",
        host.controller);
}

}  // namespace

int bootstrap_cloud(const CommandLine& line) {
  const StateDirectory directory{line.state_dir};
  directory.ensure();
  static_cast<void>(ensure_secrets(directory, platform::system_random()));
  const HostSettings host = read_host_settings(line);
  const ServiceEntry& keystone = get_service("keystone");
  const platform::Config config = load_config(line, keystone);
  const auto database = open_database(line, keystone, config);
  platform::check_schema(*database, keystone.migrations());
  const std::string keys = config.text("fernet_tokens", "key_repository");
  openstack::FernetKeys::ensure(keys, platform::system_random());
  keystone::bootstrap(*database,
                      {platform::system_executor(), platform::system_clock(),
                       platform::system_random(), platform::null_tracer(), host.name},
                      bootstrap_of(host));
  write_credentials(directory, host);
  write_compute_file(line, host);
  fmt::print(
      "identity   {1}/v3, user admin: . {0}/openrc\n"
      "keys       {2}: copy it to other hosts with APIs\n"
      "hosts      {0}/{3}: /etc/nephele/nephele.conf of a compute host, with its my_ip\n",
      directory.root, host.api_url(keystone.port), keys, kComputeFile);
  warn_of_loopback(host);
  return 0;
}

}  // namespace nephele
