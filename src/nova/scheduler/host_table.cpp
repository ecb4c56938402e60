#include "nova/scheduler/host_table.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace nova::scheduler {
namespace {

constexpr base::Duration kSignsInterval = std::chrono::seconds{1};

int32_t clamped(int64_t amount) {
  return static_cast<int32_t>(std::clamp<int64_t>(amount, INT32_MIN, INT32_MAX));
}

int64_t times(int64_t amount, double ratio) {
  return static_cast<int64_t>(std::floor(static_cast<double>(amount) * ratio));
}

}  // namespace

store::Capacity capacity_of(const store::ComputeNodeRow& node, const app::Settings& settings) {
  const int64_t memory = std::max<int64_t>(0, node.memory_mib - settings.reserved_host_memory_mib);
  return {times(node.vcpus, settings.ratios.cpu), times(memory, settings.ratios.ram),
          times(node.disk_gib, settings.ratios.disk)};
}

// By the steady clock: a wall clock that is set back would stop the reading until it has caught up.
bool HostTable::is_time_for_signs_of_life() {
  const base::SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  if (signs_read_at_ && now - *signs_read_at_ < kSignsInterval) return false;
  signs_read_at_ = now;
  return true;
}

void HostTable::refresh(platform::Session& session) {
  std::vector<store::SignOfLife> signs;
  if (is_time_for_signs_of_life()) signs = store::list_signs_of_life(session);
  int64_t since = 0;
  {
    const std::lock_guard lock(mutex_);
    since = generation_;
  }
  auto rows = store::list_hosts(session, since);
  const bool some_gone = [&] {
    const int64_t count = store::count_hosts(session);
    const std::lock_guard lock(mutex_);
    int64_t fresh = 0;
    for (const auto& row : rows) fresh += view_.find(row.node.host) ? 0 : 1;
    return count < static_cast<int64_t>(view_.size()) + fresh;
  }();
  if (some_gone) rows = store::list_hosts(session, 0);
  const std::lock_guard lock(mutex_);
  if (some_gone) {
    view_ = {};
    generations_.clear();
    generation_ = 0;
  }
  for (const store::HostRow& row : rows) {
    put(row);
    generation_ = std::max(generation_, row.node.generation);
  }
  for (const store::SignOfLife& sign : signs)
    if (const auto i = view_.find(sign.host))
      view_.last_seen_us[*i] = sign.last_seen_at.time_since_epoch().count();
}

void HostTable::put(const store::HostRow& row) {
  const size_t i = view_.ensure(row.node.host);
  generations_.resize(view_.size(), 0);
  if (row.node.generation < generations_[i]) return;
  generations_[i] = row.node.generation;
  const store::Capacity capacity = capacity_of(row.node, settings_);
  view_.zones.set(i, row.zone.empty() ? settings_.default_zone : row.zone);
  view_.hypervisor_types.set(i, base::lower(row.node.hypervisor_type));
  view_.free_vcpus[i] = clamped(capacity.vcpus - row.vcpus_used);
  view_.free_memory_mib[i] = clamped(capacity.memory_mib - row.memory_mib_used);
  view_.free_disk_gib[i] = clamped(capacity.disk_gib - row.disk_gib_used);
  view_.in_progress[i] = clamped(row.in_progress);
  view_.last_seen_us[i] = row.service.last_seen_at.time_since_epoch().count();
  view_.enabled[i] = static_cast<uint8_t>(!row.service.disabled && !row.service.forced_down);
}

Decision HostTable::take(const PlacementRequest& request, const Rules& rules,
                         platform::Random& random) {
  const std::lock_guard lock(mutex_);
  Decision decision = place(view_, request, rules, random);
  if (decision.host.empty()) return decision;
  const size_t i = *view_.find(decision.host);
  view_.free_vcpus[i] -= clamped(request.vcpus);
  view_.free_memory_mib[i] -= clamped(request.memory_mib);
  view_.free_disk_gib[i] -= clamped(request.disk_gib);
  view_.in_progress[i] += 1;
  return decision;
}

void HostTable::reload(platform::Session& session, const std::string& host) {
  const auto row = store::find_host(session, host);
  if (!row) return;
  const std::lock_guard lock(mutex_);
  put(*row);
}

bool HostTable::knows_zone(const std::string& zone) const {
  const std::lock_guard lock(mutex_);
  const auto& zones = view_.zones.numbers();
  return std::find(zones.begin(), zones.end(), view_.zones.number_of(zone)) != zones.end();
}

}  // namespace nova::scheduler
