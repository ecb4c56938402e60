// What the kernel says of this process, under the names that Prometheus' clients agreed on.
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "platform/metrics.hpp"

namespace platform::metrics {
namespace {

constexpr Description kCpu{"process_cpu_seconds_total",
                           "Total user and system CPU time spent in seconds."};
constexpr Description kStart{"process_start_time_seconds",
                             "Start time of the process since unix epoch in seconds."};
constexpr Description kResident{"process_resident_memory_bytes", "Resident memory size in bytes."};
constexpr Description kVirtual{"process_virtual_memory_bytes", "Virtual memory size in bytes."};
constexpr Description kOpenFiles{"process_open_fds", "Number of open file descriptors."};
constexpr Description kMaxFiles{"process_max_fds", "Maximum number of open file descriptors."};
constexpr Description kThreads{"process_threads", "Number of threads of the process."};

double ticks_per_second() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

// Fields of /proc/self/stat from the third on (proc(5)): the second may hold anything.
std::vector<std::string> stat_fields() {
  std::ostringstream text;
  text << std::ifstream("/proc/self/stat").rdbuf();
  const std::string line = text.str();
  std::vector<std::string> fields;
  std::istringstream rest(line.substr(std::min(line.rfind(')') + 1, line.size())));
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("btime "))
      return static_cast<double>(base::parse_integer(line.substr(6)).value_or(0));
  return 0;
}

double count_files() {
  std::error_code error;
  double count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    static_cast<void>(entry);
    ++count;
  }
  return std::max(count - 1, 0.0);  // but the directory itself
}

}  // namespace

void measure_process(Registry& registry) {
  const std::vector<std::string> fields = stat_fields();
  const auto field = [&](size_t number) {  // as proc(5) counts them
    const size_t index = number - 3;
    return index < fields.size()
               ? static_cast<double>(base::parse_integer(fields[index]).value_or(0))
               : 0.0;
  };
  registry.foreign_counter(kCpu).set((field(14) + field(15)) / ticks_per_second());
  registry.gauge(kThreads).set(field(20));
  registry.gauge(kStart).set(boot_time() + field(22) / ticks_per_second());
  registry.gauge(kVirtual).set(field(23));
  registry.gauge(kResident).set(field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  registry.gauge(kOpenFiles).set(count_files());
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  registry.gauge(kMaxFiles).set(static_cast<double>(limit.rlim_cur));
}

}  // namespace platform::metrics
