// `nephele up` and `nephele run ROLE...`: serves until SIGINT or SIGTERM.
#include <fmt/core.h>
#include <pthread.h>

#include <csignal>
#include <cstdio>

#include "base/error.hpp"
#include "nephele/cloud.hpp"
#include "nephele/commands.hpp"
#include "nephele/credentials_files.hpp"
#include "platform/clock.hpp"
#include "platform/log.hpp"

namespace nephele {
namespace {

std::vector<const RoleEntry*> chosen_roles(const CommandLine& line) {
  std::vector<const RoleEntry*> chosen;
  if (line.command == "up") {
    for (const RoleEntry& role : roles()) chosen.push_back(&role);
    return chosen;
  }
  if (line.arguments.empty())
    throw base::Error(
        base::ErrorKind::bad_request,
        "name the roles to run, e.g. nephele run keystone glance-api glance-registry");
  // In the table's order, whatever the order of the arguments: who is called starts first.
  for (const std::string& name : line.arguments) static_cast<void>(get_role(name));
  for (const RoleEntry& role : roles())
    for (const std::string& name : line.arguments)
      if (role.name == name) chosen.push_back(&role);
  return chosen;
}

void start_logging(const CommandLine& line, const StateDirectory& directory) {
  platform::LogOptions options;
  if (!line.foreground_log) options.file = directory.log_file();
  if (line.debug) options.level = platform::LogLevel::debug;
  platform::start_log(options);
}

void announce(const CommandLine& line, const Cloud& cloud, base::Duration took) {
  fmt::print("nephele is ready ({} ms)\n\n",
             std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  for (const ServiceEntry& service : services())
    fmt::print("  {:<10} {}\n", service.type, cloud.url(service));
  fmt::print(
      "\nsign in:   . {0}/openrc\n"
      "      or   export OS_CLIENT_CONFIG_FILE={0}/clouds.yaml OS_CLOUD=nephele\n"
      "then:      openstack server list\n"
      "logs:      {1}\n"
      "stop:      Ctrl-C (guests go on running)\n",
      line.state_dir, StateDirectory{line.state_dir}.log_file());
  std::fflush(stdout);
}

// Blocked before any thread exists, so that only wait_for_end() sees them.
sigset_t block_end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void wait_for_end(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
}

}  // namespace

int run_cloud(const CommandLine& line) {
  const base::SteadyTime begin = platform::system_clock().steady();
  const sigset_t signals = block_end_signals();
  const StateDirectory directory{line.state_dir};
  const std::vector<const RoleEntry*> roles = chosen_roles(line);
  directory.ensure();
  start_logging(line, directory);
  std::optional<StateLock> lock;
  if (line.command == "up") lock.emplace(directory);
  {
    const Cloud cloud(line, roles);
    write_credentials(directory, cloud.auth_url(), cloud.secrets().admin_password);
    announce(line, cloud, platform::system_clock().steady() - begin);
    wait_for_end(signals);
    fmt::print("\nstopping ...\n");
    std::fflush(stdout);
  }
  fmt::print("stopped\n");
  platform::flush_log();
  return 0;
}

}  // namespace nephele
