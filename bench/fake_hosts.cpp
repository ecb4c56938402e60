// Compute hosts that are nothing but their reports: what a thousand of them ask of the control
// plane when nobody wants anything.
#include <fmt/core.h>
#include <signal.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "figures.hpp"
#include "nova/messages.hpp"
#include "platform/bus/rabbitmq.hpp"

namespace bench {
namespace {

constexpr base::Duration kHeartbeat = std::chrono::seconds{10};
constexpr base::Duration kTimeout = std::chrono::seconds{30};
constexpr int kReporters = 8;

nova::ReportHost report_of(int number) {
  nova::ReportHost report;
  report.host = fmt::format("fake-{:04}", number);
  report.hypervisor_type = "fake";
  report.hypervisor_version = 1;
  report.hypervisor_hostname = report.host;
  report.host_ip = "127.0.0.1";
  report.cpu_info = "{}";
  report.vcpus = 1000;
  report.memory_mib = 1'000'000;
  report.disk_gib = report.free_disk_gib = 100'000;
  report.running_guests = 20;
  report.virt_type = "qemu";
  return report;
}

void report_host(platform::Bus& bus, int number) {
  const platform::Message message{platform::system_random().uuid(),
                                  std::string(nova::ReportHost::kType),
                                  nova::ReportHost::kVersion,
                                  "req-" + platform::system_random().uuid(),
                                  nullptr,
                                  base::to_json(report_of(number))};
  try {
    (void)bus.call(std::string(nova::kConductorTopic), message, kTimeout);
  } catch (const base::Error& error) {
    fmt::print(stderr, "fake-{:04}: {}\n", number, error.what());
  }
}

// The hosts of one thread, one after the other, spread over the time between two heartbeats.
void report_hosts(platform::Bus& bus, int first, int count, std::atomic<int>& reported) {
  auto& clock = platform::system_clock();
  auto& executor = platform::system_executor();
  base::SteadyTime due = clock.steady();
  for (int round = 0;; ++round) {
    for (int number = first; number <= count; number += kReporters) {
      report_host(bus, number);
      if (round == 0) ++reported;
      due = due + kHeartbeat * kReporters / count;
      const base::SteadyTime now = clock.steady();
      if (round > 0 && due > now) executor.sleep_for(due - now);
    }
    if (round == 0) due = clock.steady();
  }
}

}  // namespace

void run_fake_hosts(const std::string& url, int count) {
  platform::RabbitmqOptions options;
  options.url = platform::parse_transport_url(url);
  options.exchange = "nova";
  const auto bus = platform::make_rabbitmq_bus(runtime("fake-hosts"), options);
  std::atomic<int> reported = 0;
  std::vector<std::thread> reporters;
  for (int i = 1; i <= kReporters; ++i)
    reporters.emplace_back([&, i] { report_hosts(*bus, i, count, reported); });
  while (reported < count) platform::system_executor().sleep_for(std::chrono::milliseconds{50});
  fmt::print("ready\n");
  std::fflush(stdout);
  for (std::thread& reporter : reporters) reporter.join();  // ends with the process
}

}  // namespace bench
