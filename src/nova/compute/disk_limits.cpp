#include "nova/compute/disk_limits.hpp"

#include <fmt/format.h>

#include <array>

#include "base/error.hpp"
#include "base/text.hpp"

namespace nova::compute {
namespace {

using drivers::DiskLimits;

constexpr std::array kKeys{"total_bytes_sec",     "read_bytes_sec",     "write_bytes_sec",
                           "total_iops_sec",      "read_iops_sec",      "write_iops_sec",
                           "total_bytes_sec_max", "read_bytes_sec_max", "write_bytes_sec_max",
                           "total_iops_sec_max",  "read_iops_sec_max",  "write_iops_sec_max",
                           "size_iops_sec"};
constexpr int64_t kGreatest = 1'000'000'000'000'000;  // QEMU's

[[noreturn]] void refuse(const std::string& why) {
  throw base::Error(base::ErrorKind::bad_request,
                    "The QoS specs of the volume's type can not be kept: " + why);
}

int64_t number_of(const char* key, const base::Json& value) {
  const std::string text =
      value.is_string() ? std::string(value.as_string()) : base::to_text(value);
  const auto number = base::parse_integer(base::trim(text));
  if (!number || *number < 0 || *number > kGreatest)
    refuse(fmt::format("{} must be a number from 0 to {}, not '{}'.", key, kGreatest, text));
  return *number;
}

int64_t limit_of(const DiskLimits& limits, const std::string& key) {
  const auto found = limits.find(key);
  return found == limits.end() ? 0 : found->second;
}

void check_total(const DiskLimits& limits, const std::string& suffix) {
  const bool parts = limit_of(limits, "read_" + suffix) || limit_of(limits, "write_" + suffix);
  if (limit_of(limits, "total_" + suffix) && parts)
    refuse(fmt::format("total and read/write of {} cannot be set at the same time.", suffix));
}

void check_burst(const DiskLimits& limits, const std::string& key) {
  const int64_t burst = limit_of(limits, key + "_max");
  const int64_t limit = limit_of(limits, key);
  if (burst && !limit) refuse(fmt::format("{0}_max needs {0}.", key));
  if (burst && burst < limit) refuse(fmt::format("{0}_max is lower than {0}.", key));
}

void check_size(const DiskLimits& limits) {
  if (!limit_of(limits, "size_iops_sec")) return;
  for (const char* key : {"total_iops_sec", "read_iops_sec", "write_iops_sec"})
    if (limit_of(limits, key)) return;
  refuse("size_iops_sec needs a limit of operations.");
}

}  // namespace

DiskLimits disk_limits_of(const base::Json& qos_specs) {
  DiskLimits limits;
  for (const char* key : kKeys)
    if (const base::Json* value = base::find(qos_specs, key))
      if (const int64_t number = number_of(key, *value)) limits[key] = number;
  for (const char* suffix : {"bytes_sec", "iops_sec", "bytes_sec_max", "iops_sec_max"})
    check_total(limits, suffix);
  for (const char* what : {"total", "read", "write"})
    for (const char* kind : {"bytes", "iops"})
      check_burst(limits, fmt::format("{}_{}_sec", what, kind));
  check_size(limits);
  return limits;
}

}  // namespace nova::compute
