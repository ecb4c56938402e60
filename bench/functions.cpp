// Figures of single functions, as CPU time.
#include <fmt/core.h>
#include <time.h>

#include <cstdlib>
#include <filesystem>

#include "figures.hpp"
#include "nova/scheduler/placement.hpp"
#include "openstack/token.hpp"

namespace bench {
namespace {

double cpu_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

nova::scheduler::HostView ten_thousand_hosts() {
  nova::scheduler::HostView hosts;
  for (int i = 0; i < 10'000; ++i) {
    const size_t at = hosts.ensure(fmt::format("compute-{:05}", i));
    hosts.zones.set(at, "nova");
    hosts.hypervisor_types.set(at, "qemu");
    hosts.free_vcpus[at] = 1 + i % 64;
    hosts.free_memory_mib[at] = 512 * (1 + i % 100);
    hosts.free_disk_gib[at] = 10 + i % 500;
    hosts.last_seen_us[at] = 1'000'000;
    hosts.enabled[at] = 1;
  }
  return hosts;
}

}  // namespace

double measure(int rounds, const std::function<void()>& call) {
  call();
  const double begin = cpu_microseconds();
  for (int i = 0; i < rounds; ++i) call();
  return (cpu_microseconds() - begin) / rounds;
}

platform::Runtime runtime(std::string host) {
  return {platform::system_executor(), platform::system_clock(), platform::system_random(),
          platform::null_tracer(), std::move(host)};
}

double validate_token() {
  std::string directory = std::filesystem::temp_directory_path() / "nephele-bench-XXXXXX";
  if (!::mkdtemp(directory.data())) return -1;
  openstack::FernetKeys::ensure(directory, platform::system_random());
  openstack::Tokens tokens(directory, runtime(), std::make_shared<openstack::Revocations>());
  openstack::TokenData data;
  data.identity = {"0123456789abcdef0123456789abcdef",
                   "alice",
                   "default",
                   "Default",
                   "fedcba9876543210fedcba9876543210",
                   "demo",
                   "default",
                   "Default",
                   "",
                   "",
                   false,
                   {"member", "reader"},
                   {"11111111111111111111111111111111", "22222222222222222222222222222222"}};
  data.methods = {"password"};
  data.audit_ids = {"dGhpcyBpcyBhbiBhdWRpdA"};
  data.issued_at = platform::system_clock().now();
  data.expires_at = data.issued_at + std::chrono::hours{1};
  const std::string token = tokens.issue(data);
  const double cost = measure(20'000, [&] {
    if (!tokens.validate(token)) std::abort();
  });
  std::filesystem::remove_all(directory);
  return cost;
}

double schedule_among_10000_hosts() {
  const nova::scheduler::HostView hosts = ten_thousand_hosts();
  nova::scheduler::Rules rules;
  rules.filters = nova::scheduler::make_filters(nova::scheduler::known_filters());
  rules.weighers = nova::scheduler::make_weighers({});
  nova::scheduler::PlacementRequest request;
  request.vcpus = 4;
  request.memory_mib = 8192;
  request.disk_gib = 40;
  request.zone = "nova";
  return measure(1'000, [&] {
    if (nova::scheduler::place(hosts, request, rules, platform::system_random()).host.empty())
      std::abort();
  });
}

}  // namespace bench
