#include "nephele/host_defects.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "nephele/cloud.hpp"
#include "neutron/agents/service.hpp"
#include "neutron/host_networks.hpp"
#include "nova/compute/comparison.hpp"
#include "nova/leftovers.hpp"
#include "platform/bus/rabbitmq.hpp"
#include "platform/clock.hpp"

namespace nephele {
namespace {

using platform::Difference;
using platform::Severity;

constexpr base::Duration kAnswerLimit = std::chrono::seconds{10};

platform::Runtime runtime_of(const HostSettings& host) {
  return {platform::system_executor(), platform::system_clock(), platform::system_random(),
          platform::null_tracer(), host.name};
}

// Held, no `nephele up` and no such role works on this state directory.
struct HostLock {
  StateLock cloud;
  StateLock role;
};

// Null: one does.
std::shared_ptr<HostLock> try_lock_role(const CommandLine& line, const std::string& role) {
  const StateDirectory directory{line.state_dir};
  try {
    StateLock cloud(directory.pid_file(), StateLock::Use::shared);
    return std::make_shared<HostLock>(
        HostLock{std::move(cloud), StateLock(directory.pid_file(role), StateLock::Use::alone)});
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::conflict) throw;
    return nullptr;
  }
}

Defect as_defect(const Difference& difference, const std::shared_ptr<HostLock>& lock) {
  Defect defect;
  defect.finding = {Severity::problem, difference.subject, difference.text, difference.advice};
  if (!difference.role.empty() && !lock) {
    defect.finding.severity = Severity::warning;
    defect.finding.advice = difference.role + " closes it by itself; if it stays, see its log";
  } else if (difference.mend) {
    defect.finding.advice = "nephele doctor --repair mends it";
    defect.mend = [mend = difference.mend, lock] { return mend(); };
  }
  return defect;
}

void add(const CommandLine& line, const std::vector<Difference>& differences,
         std::vector<Defect>& defects) {
  std::map<std::string, std::shared_ptr<HostLock>> locks;
  for (const Difference& difference : differences) {
    const std::string& role = difference.role;
    if (!role.empty() && !locks.contains(role)) locks[role] = try_lock_role(line, role);
    defects.push_back(as_defect(difference, role.empty() ? nullptr : locks[role]));
  }
}

template <class T>
typename T::Reply ask(const ServiceEntry& service, const platform::Config& config,
                      const platform::Runtime& runtime, std::string_view topic, const T& request) {
  if (!platform::has_broker(config))
    throw base::Error(
        base::ErrorKind::unavailable,
        fmt::format("What should be on this host can not be asked: it has neither the database of "
                    "{0} nor a message queue ([DEFAULT] transport_url in {0}.conf).",
                    service.name));
  const auto options = platform::rabbitmq_options(config, service.name);
  platform::check_broker(options);
  const auto bus = platform::make_rabbitmq_bus(runtime, options);
  return platform::call<T>(*bus, std::string(topic),
                           platform::make_message(runtime.random.uuid(),
                                                  "req-" + runtime.random.uuid(), nullptr, request),
                           kAnswerLimit);
}

}  // namespace

void compare_guests(const CommandLine& line, std::vector<Defect>& defects) {
  const ServiceEntry& service = get_service("nova");
  platform::Config config = load_config(line, service);
  const HostSettings host = read_host_settings(line);
  const platform::Runtime runtime = runtime_of(host);
  const auto list_servers = [&] {
    const auto database = find_database(line, service, config);
    return database ? nova::list_servers_of_host(*database, host.name)
                    : ask(service, config, runtime, nova::kConductorTopic,
                          nova::ListServersOfHost{host.name});
  };
  add(line, nova::compute::compare_host(config, runtime, list_servers), defects);
}

void compare_networks(const CommandLine& line, std::vector<Defect>& defects) {
  const ServiceEntry& service = get_service("neutron");
  platform::Config config = load_config(line, service);
  const HostSettings host = read_host_settings(line);
  if (!std::filesystem::exists(StateDirectory{line.state_dir}.networks())) return;
  const auto database = find_database(line, service, config);
  const auto networks = database ? neutron::list_host_networks(*database, host.name)
                                 : ask(service, config, runtime_of(host), neutron::kPluginTopic,
                                       neutron::GetHostNetworks{host.name});
  add(line, neutron::agents::compare_host(config, networks), defects);
}

}  // namespace nephele
