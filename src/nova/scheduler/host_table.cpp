#include "nova/scheduler/host_table.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace nova::scheduler {
namespace {

constexpr base::Duration kRecent = std::chrono::milliseconds{50};
constexpr base::Duration kSignsInterval = std::chrono::seconds{1};

int32_t clamped(int64_t amount) {
  return static_cast<int32_t>(std::clamp<int64_t>(amount, INT32_MIN, INT32_MAX));
}

int64_t times(int64_t amount, double ratio) {
  return static_cast<int64_t>(std::floor(static_cast<double>(amount) * ratio));
}

}  // namespace

store::Capacity capacity_of(const store::Capacity& resources, const app::Settings& settings) {
  const int64_t memory =
      std::max<int64_t>(0, resources.memory_mib - settings.reserved_host_memory_mib);
  return {times(resources.vcpus, settings.ratios.cpu), times(memory, settings.ratios.ram),
          times(resources.disk_gib, settings.ratios.disk)};
}

// By the steady clock: a wall clock that is set back would stop the reading until it has caught up.
bool HostTable::is_time(std::optional<base::SteadyTime>& last, base::Duration interval) {
  const base::SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  if (last && now - *last < interval) return false;
  last = now;
  return true;
}

bool HostTable::refresh(platform::Session& session, ViewAge wanted) {
  if (!is_time(read_at_, kRecent) && wanted == ViewAge::recent) return false;
  std::vector<store::SignOfLife> signs;
  bool some_gone = false;
  if (is_time(signs_read_at_, kSignsInterval)) {
    signs = store::list_signs_of_life(session);
    some_gone = is_missing_in(signs);
  }
  const auto states = store::list_host_states(session, some_gone ? 0 : generation());
  const std::lock_guard lock(mutex_);
  if (some_gone) {
    view_ = {};
    generations_.clear();
    generation_ = 0;
  }
  for (const store::HostState& state : states) {
    put(state);
    generation_ = std::max(generation_, state.generation);
  }
  for (const store::SignOfLife& sign : signs)
    if (const auto i = view_.find(sign.host))
      view_.last_seen_us[*i] = sign.last_seen_at.time_since_epoch().count();
  return true;
}

int64_t HostTable::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

// Whether the view has a host of which there is no sign any more.
bool HostTable::is_missing_in(const std::vector<store::SignOfLife>& signs) const {
  const std::lock_guard lock(mutex_);
  const auto known = std::count_if(signs.begin(), signs.end(),
                                   [&](const auto& sign) { return view_.find(sign.host); });
  return known < static_cast<std::ptrdiff_t>(view_.size());
}

void HostTable::put(const store::HostState& state) {
  const size_t i = view_.ensure(state.host);
  generations_.resize(view_.size(), 0);
  if (state.generation < generations_[i]) return;
  generations_[i] = state.generation;
  const store::Capacity capacity = capacity_of(state.resources, settings_);
  view_.zones.set(i, state.zone.empty() ? settings_.default_zone : state.zone);
  view_.hypervisor_types.set(i, base::lower(state.hypervisor_type));
  view_.free_vcpus[i] = clamped(capacity.vcpus - state.used.vcpus);
  view_.free_memory_mib[i] = clamped(capacity.memory_mib - state.used.memory_mib);
  view_.free_disk_gib[i] = clamped(capacity.disk_gib - state.used.disk_gib);
  view_.in_progress[i] = clamped(state.in_progress);
  view_.last_seen_us[i] = state.last_seen_at.time_since_epoch().count();
  view_.enabled[i] = static_cast<uint8_t>(state.enabled);
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
  const auto state = store::find_host_state(session, host);
  if (!state) return;
  const std::lock_guard lock(mutex_);
  put(*state);
}

bool HostTable::knows_zone(const std::string& zone) const {
  const std::lock_guard lock(mutex_);
  const auto& zones = view_.zones.numbers();
  return std::find(zones.begin(), zones.end(), view_.zones.number_of(zone)) != zones.end();
}

}  // namespace nova::scheduler
