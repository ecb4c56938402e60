#include "coverage.hpp"

#include "base/text.hpp"

namespace simulation {
namespace {

constexpr const char* kCompute = "nova-compute@";
constexpr const char* kAnyRole = "";

}  // namespace

size_t Observer::life_of(const std::string& host, const char* role) const {
  size_t starts = 0;
  for (const auto& process : cloud_.processes()) {
    if (process->host != host || !process->name.starts_with(role)) continue;
    if (!process->process || process->process->killed()) return 0;
    starts += process->starts;
  }
  return starts;
}

bool Observer::stands(const std::string& host, const platform::Faults& faults) const {
  if (faults.cut_from_bus.contains(host)) return true;
  for (const auto& process : cloud_.processes())
    if (process->host == host && process->process && process->process->paused()) return true;
  return false;
}

void Observer::look(const platform::Faults& faults) {
  look_at_servers(faults);
  look_at_volumes(faults);
  look_at_leases(faults);
  look_at_who_came_back(faults);
}

void Observer::look_at_servers(const platform::Faults& faults) {
  std::map<std::string, Server> now;
  for (const std::string& row : cloud_.query(
           "nova",
           "SELECT id || '|' || host || '|' || operation_id FROM instances WHERE deleted=0")) {
    const auto parts = base::split(row, '|');
    const std::string host(parts[1]);
    now[std::string(parts[0])] = {host, std::string(parts[2]), life_of(host, kCompute)};
  }
  bool is_busy = false;
  for (const auto& [id, server] : now) is_busy = is_busy || !server.operation.empty();
  if (is_busy && faults.broker_away) saw(Event::broker_away);
  if (is_busy && !faults.databases_away.empty()) saw(Event::database_away);
  if (is_busy && !faults.cut_requests.empty()) saw(Event::partition);
  for (const auto& [id, before] : servers_) {
    if (before.host.empty() || before.operation.empty() || before.life == 0) continue;
    if (!stands(before.host, faults)) continue;
    const auto after = now.find(id);
    if (after == now.end())
      unknowing_.push_back({Event::server_deleted, before.host, kCompute, before.life});
    else if (after->second.host != before.host)
      unknowing_.push_back({Event::server_given_away, before.host, kCompute, before.life});
    else if (after->second.operation != before.operation)
      unknowing_.push_back({Event::operation_given_up, before.host, kCompute, before.life});
  }
  servers_ = std::move(now);
}

void Observer::look_at_volumes(const platform::Faults& faults) {
  if (!cloud_.query("cinder", "SELECT id FROM volumes WHERE status='in-use' LIMIT 1").empty())
    saw(Event::volume_in_use);
  if (cloud_
          .query("cinder",
                 "SELECT id FROM volumes WHERE status IN ('attaching','reserved','detaching') "
                 "OR operation_id<>'' LIMIT 1")
          .empty())
    return;
  if (faults.broker_away) saw(Event::volume_away_from_broker);
  if (!faults.databases_away.empty()) saw(Event::volume_away_from_database);
  if (!faults.cut_requests.empty()) saw(Event::volume_apart);
}

void Observer::look_at_leases(const platform::Faults& faults) {
  for (const char* database : {"nova", "neutron", "cinder"})
    for (const std::string& row :
         cloud_.query(database, "SELECT name || '|' || holder FROM leases")) {
      const auto parts = base::split(row, '|');
      const std::string holder(parts[1]);
      const std::string host = holder.substr(0, holder.find('/'));
      Holder& known = leases_[std::string(database) + '|' + std::string(parts[0])];
      const std::string former = known.name.substr(0, known.name.find('/'));
      if (!known.name.empty() && known.name != holder && known.life > 0 && stands(former, faults))
        unknowing_.push_back({Event::lease_taken_over, former, kAnyRole, known.life});
      if (known.name != holder) known = {holder, life_of(host, kAnyRole)};
    }
}

void Observer::look_at_who_came_back(const platform::Faults& faults) {
  std::erase_if(unknowing_, [&](const Unknowing& one) {
    const size_t life = life_of(one.host, one.role);
    if (life != one.life) return true;
    if (stands(one.host, faults)) return false;
    saw(one.event);
    return true;
  });
}

}  // namespace simulation
