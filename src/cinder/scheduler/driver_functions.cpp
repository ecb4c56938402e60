#include "cinder/scheduler/driver_functions.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "cinder/scheduler/expression.hpp"
#include "cinder/store/qos_specs.hpp"
#include "platform/log.hpp"

namespace cinder::scheduler {
namespace {

using store::PoolState;
using Texts = std::map<std::string, std::string>;

std::optional<std::string> text_in(const Texts& texts, std::string_view name) {
  const auto found = texts.find(std::string(name));
  if (found == texts.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> capability_in(const base::Json& capabilities, std::string_view name) {
  const base::Json* value = base::find(capabilities, name);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

// cinder/scheduler/filters/driver_filter.py: stats.
std::optional<std::string> stat_of(const PoolState& state, const base::Json& capabilities,
                                   std::string_view name) {
  const store::PoolRow& pool = state.pool;
  if (name == "host") return pool.name;
  if (name == "backend_id") return pool.name;
  if (name == "cluster_name") return "";
  if (name == "total_capacity_gb") return fmt::format("{}", pool.total_gib);
  if (name == "free_capacity_gb") return fmt::format("{}", pool.free_gib);
  if (name == "allocated_capacity_gb") return fmt::format("{}", state.claimed_gib);
  if (name == "reserved_percentage") return fmt::format("{}", pool.reserved_percentage);
  for (const std::string_view known :
       {"volume_backend_name", "vendor_name", "driver_version", "storage_protocol", "QoS_support"})
    if (name == known) return capability_in(capabilities, name);
  return std::nullopt;
}

// The value of that function of the pool; none: it has no such function. Throws as evaluate().
std::optional<Value> value_of_function(const PoolState& pool, const PlacementRequest& request,
                                       std::string_view function) {
  const base::JsonView capabilities(pool.pool.capabilities);
  const auto expression = capability_in(*capabilities, function);
  if (!expression) return std::nullopt;
  return evaluate(*expression, [&](std::string_view group, std::string_view name) {
    if (group == "stats") return stat_of(pool, *capabilities, name);
    if (group == "capabilities") return capability_in(*capabilities, name);
    if (group == "volume") return text_in(request.volume_properties, name);
    if (group == "extra") return text_in(request.extra_specs, name);
    if (group == "qos") return text_in(request.qos_specs, name);
    return std::optional<std::string>();
  });
}

void warn_of(const PoolState& pool, std::string_view function, std::string_view why) {
  platform::log_warning("function of a back end failed pool={} function={} error={}",
                        pool.pool.name, function, why);
}

double rating_of(const PoolState& pool, const Value& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? 100 : 0;
  const double* number = std::get_if<double>(&value);
  if (number && *number >= 0 && *number <= 100) return *number;
  warn_of(pool, kGoodnessFunction, "its value is none of 0 to 100");
  return 0;
}

}  // namespace

void describe_volume(platform::Session& session, const store::VolumeRow& volume,
                     const store::VolumeTypeRow* type, PlacementRequest& request) {
  request.volume_properties = {{"id", volume.id},
                               {"size", fmt::format("{}", volume.claimed_gib)},
                               {"display_name", volume.name.value_or("")},
                               {"display_description", volume.description.value_or("")},
                               {"project_id", volume.project_id},
                               {"user_id", volume.user_id},
                               {"volume_type_id", volume.volume_type_id},
                               {"availability_zone", volume.availability_zone},
                               {"snapshot_id", volume.snapshot_id},
                               {"source_volid", volume.source_volume_id},
                               {"status", volume.status}};
  if (!type || type->qos_specs_id.empty()) return;
  if (const auto qos = store::find_qos_specs(session, type->qos_specs_id))
    request.qos_specs = base::from_json<Texts>(base::parse_json(qos->specs));
}

bool passes_filter_function(const PoolState& pool, const PlacementRequest& request) {
  try {
    const auto value = value_of_function(pool, request, kFilterFunction);
    return !value || is_true(*value);
  } catch (const base::Error& error) {
    warn_of(pool, kFilterFunction, error.what());
    return false;
  }
}

double goodness_of(const PoolState& pool, const PlacementRequest& request) {
  try {
    const auto value = value_of_function(pool, request, kGoodnessFunction);
    return value ? rating_of(pool, *value) : 0;
  } catch (const base::Error& error) {
    warn_of(pool, kGoodnessFunction, error.what());
    return 0;
  }
}

}  // namespace cinder::scheduler
