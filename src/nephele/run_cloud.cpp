// `nephele up` and `nephele run ROLE...`: serves until SIGINT or SIGTERM.
#include <fmt/core.h>
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <functional>

#include "base/error.hpp"
#include "nephele/cloud.hpp"
#include "nephele/commands.hpp"
#include "nephele/credentials_files.hpp"
#include "nephele/reload.hpp"
#include "platform/clock.hpp"
#include "platform/log_control.hpp"

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

// The end was asked for before the start had come to its own.
struct Ended {};

// A service manager need not start again what an operator must configure first (sysexits.h).
constexpr int kConfigurationError = 78;

void start_logging(const CommandLine& line, const std::string& file) {
  platform::LogOptions options;
  if (!line.foreground_log) options.file = file;
  bool json = false;
  try {
    const HostSettings host = read_host_settings(line);
    if (host.debug) options.level = platform::LogLevel::debug;
    json = host.json_log;
  } catch (const base::Error&) {
    // A wrong nephele.conf ends the start a moment later, with a line in the log.
  }
  if (json)
    platform::start_json_log(options);
  else
    platform::start_log(options);
}

std::vector<StateLock> lock_state(const CommandLine& line,
                                  const std::vector<const RoleEntry*>& roles) {
  const StateDirectory directory{line.state_dir};
  const bool alone = line.command == "up";
  std::vector<StateLock> locks;
  locks.emplace_back(directory.pid_file(), alone ? StateLock::Use::alone : StateLock::Use::shared);
  if (alone) return locks;
  for (const RoleEntry* role : roles)
    if (role->works_on_host())
      locks.emplace_back(directory.pid_file(std::string(role->name)), StateLock::Use::alone);
  return locks;
}

// A whole cloud, and a Keystone with a database of its own, make their secrets at the first start;
// for others `nephele bootstrap` did.
bool makes_secrets(const CommandLine& line, const std::vector<const RoleEntry*>& roles) {
  if (line.command == "up") return true;
  for (const RoleEntry* role : roles)
    if (role->name == "keystone") return is_embedded(load_config(line, get_service("keystone")));
  return false;
}

void announce_cloud(const CommandLine& line, const HostSettings& host) {
  for (const ServiceEntry& service : services())
    fmt::print("  {:<10} {}\n", service.type,
               host.api_url(service.port) + std::string(service.endpoint_path));
  fmt::print(
      "\nsign in:   . {0}/openrc\n"
      "      or   export OS_CLIENT_CONFIG_FILE={0}/clouds.yaml OS_CLOUD=nephele\n"
      "then:      openstack server list\n",
      line.state_dir);
}

void announce_roles(const std::vector<const RoleEntry*>& roles, const HostSettings& host) {
  for (const RoleEntry* role : roles)
    fmt::print("  {:<26} {}\n", role->name,
               role->port == 0 ? "on " + host.name : host.local_url(role->port));
  fmt::print("\n");
}

void announce(const CommandLine& line, const Cloud& cloud,
              const std::vector<const RoleEntry*>& roles, base::Duration took) {
  fmt::print("nephele is ready ({} ms)\n\n",
             std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  if (line.command == "up")
    announce_cloud(line, cloud.host());
  else
    announce_roles(roles, cloud.host());
  for (const std::string& caution : cloud.cautions()) fmt::print("note:      {}\n", caution);
  fmt::print(
      "logs:      {}\n"
      "metrics:   {}\n"
      "stop:      Ctrl-C (guests go on running)\n",
      line.foreground_log ? "standard error"
                          : StateDirectory{line.state_dir}.log_file(process_name(roles)),
      cloud.observed_at());
  std::fflush(stdout);
}

// Blocked before any thread exists, so that only who waits for them sees them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void wait_for_end(const sigset_t& signals, const std::function<void()>& on_hangup) {
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) return;
    on_hangup();
  }
}

void pause_unless_ended(const sigset_t& signals, base::Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  const timespec limit{seconds.count(), 0};
  const int signal = sigtimedwait(&signals, nullptr, &limit);
  // It reads its configuration when it starts, which is now.
  if (signal > 0 && signal != SIGHUP) throw Ended{};
}

void serve(const CommandLine& line, const std::vector<const RoleEntry*>& roles,
           const sigset_t& signals) {
  const base::SteadyTime begin = platform::system_clock().steady();
  const StateDirectory directory{line.state_dir};
  const std::vector<StateLock> locks = lock_state(line, roles);
  const bool own_secrets = makes_secrets(line, roles);
  if (own_secrets) static_cast<void>(ensure_secrets(directory, platform::system_random()));
  Cloud::Pause pause;
  if (line.command == "run")
    pause = [&](base::Duration duration) { pause_unless_ended(signals, duration); };
  const platform::Config host_options = load_host_file(line);
  const Cloud cloud(line, roles, pause);
  if (own_secrets) write_credentials(directory, cloud.host());
  announce(line, cloud, roles, platform::system_clock().steady() - begin);
  wait_for_end(signals, [&] { reload(line, cloud, host_options); });
  fmt::print("\nstopping ...\n");
  std::fflush(stdout);
}

}  // namespace

int run_cloud(const CommandLine& line) {
  const sigset_t signals = block_signals();
  const StateDirectory directory{line.state_dir};
  const std::vector<const RoleEntry*> roles = chosen_roles(line);
  directory.ensure();
  start_logging(line, directory.log_file(process_name(roles)));
  try {
    serve(line, roles, signals);
  } catch (const Ended&) {
    platform::log_info("stopped before it had started");
  } catch (const base::Error& error) {
    platform::log_error("not started error={}", error.what());
    platform::flush_log();
    if (error.kind() != base::ErrorKind::bad_request) throw;
    fmt::print(stderr, "nephele: {}\n", error.what());
    return kConfigurationError;
  }
  fmt::print("stopped\n");
  platform::flush_log();
  return 0;
}

}  // namespace nephele
