#include "outages.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

namespace simulation {
namespace {

using platform::Faults;
using std::chrono::seconds;
using Hosts = std::set<std::string>;

// Where the broker and the databases are, when the cloud falls apart.
constexpr const char* kMiddle = "controller-0";
constexpr const char* kUsersHost = "users";

// An outage that begins.
struct Onset {
  Cloud& cloud;
  base::Duration duration;
  uint64_t choose(uint64_t bound) const { return cloud.simulation().choose(bound); }
  std::string choose_from(const std::vector<std::string>& all) const {
    return all[choose(all.size())];
  }
};

Faults cut_off(const Onset& onset) {
  Faults faults;
  const std::string host = onset.choose_from(onset.cloud.hosts());
  const uint64_t kind = onset.choose(3);
  if (kind != 1) faults.cut_from_bus.insert(host);
  if (kind != 0) faults.cut_from_http.insert(host);
  if (kind == 2) faults.cut_from_database.insert(host);
  return faults;
}

// Some hosts, maybe with the users and Keystone.
Hosts choose_side(const Onset& onset) {
  Hosts side;
  std::vector<std::string> all = onset.cloud.hosts();
  all.emplace_back(kUsersHost);
  for (const std::string& host : all)
    if (onset.choose(2) == 0) side.insert(host);
  return side;
}

void cut_requests(Faults& faults, const Hosts& from, const Hosts& to) {
  for (const std::string& one : from)
    for (const std::string& other : to) faults.cut_requests.insert({one, other});
}

// Wires of one kind, or all, are cut between two sides; requests sometimes in one direction only.
Faults fall_apart(const Onset& onset) {
  const Hosts side = choose_side(onset);
  Hosts others{kUsersHost};
  for (const std::string& host : onset.cloud.hosts()) others.insert(host);
  for (const std::string& host : side) others.erase(host);

  Faults faults;
  const uint64_t kind = onset.choose(4);
  if (kind != 1) cut_requests(faults, side, others);
  if (kind == 0 || kind == 2) cut_requests(faults, others, side);
  if (kind == 1 || kind == 2) {
    const Hosts& apart = side.contains(kMiddle) ? others : side;
    faults.cut_from_bus = apart;
    faults.cut_from_database = apart;
  }
  return faults;
}

Faults break_broker(const Onset&) {
  Faults faults;
  faults.broker_away = true;
  return faults;
}

Faults stop_databases(const Onset& onset) {
  const std::vector<std::string> all{"nova", "neutron", "glance", "cinder"};
  Faults faults;
  if (onset.choose(4) == 0)
    faults.databases_away = {all.begin(), all.end()};
  else
    faults.databases_away = {onset.choose_from(all)};
  return faults;
}

// Hosts that work on something, and those that lead.
std::vector<std::string> busy_hosts(Cloud& cloud) {
  std::vector<std::string> busy = cloud.query(
      "nova",
      "SELECT DISTINCT host FROM instances WHERE deleted=0 AND host<>'' AND operation_id<>''");
  for (const char* database : {"nova", "neutron", "cinder"})
    for (const std::string& holder : cloud.query(database, "SELECT holder FROM leases"))
      busy.push_back(holder.substr(0, holder.find('/')));
  const auto hosts = cloud.hosts();
  std::erase_if(busy, [&](const std::string& host) {
    return std::find(hosts.begin(), hosts.end(), host) == hosts.end();
  });
  return busy;
}

// As a virtual machine that is moved, or a host out of memory: nothing of it goes on.
Faults stand_still(const Onset& onset) {
  std::vector<std::string> busy = busy_hosts(onset.cloud);
  if (busy.empty()) busy = onset.cloud.hosts();
  onset.cloud.pause_host(onset.choose_from(busy), onset.duration);
  return {};
}

struct Kind {
  const char* name;
  uint64_t least;         // one in so many slices, at most so often
  uint64_t most_seconds;  // how long
  Faults (*begin)(const Onset&);
};
// In the order of Outage.
constexpr std::array<Kind, kOutages> kKinds{{
    {"cut", 4, 150, cut_off},
    {"partition", 8, 200, fall_apart},
    {"broker", 10, 120, break_broker},
    {"broker restart", 6, 2, break_broker},
    {"database", 10, 120, stop_databases},
    {"standstill", 5, 300, stand_still},
}};

const Kind& kind_of(Outage outage) { return kKinds[static_cast<size_t>(outage)]; }

}  // namespace

const char* to_text(Outage outage) { return kind_of(outage).name; }

OutageRates choose_outages(platform::Simulation& simulation) {
  // All kinds at once in some seeds, one or two in most.
  const uint64_t one_in = 1 + simulation.choose(4);
  OutageRates rates{};
  for (size_t i = 0; i < kOutages; ++i)
    if (simulation.choose(one_in) == 0)
      rates[i] = kKinds[i].least + simulation.choose(4 * kKinds[i].least);
  return rates;
}

bool Outages::next_slice(bool more) {
  platform::Simulation& simulation = cloud_.simulation();
  bool changed = std::erase_if(running_, [&](const auto& entry) {
                   return entry.second.until <= simulation.now();
                 }) > 0;
  for (size_t i = 0; more && i < kOutages; ++i) {
    const auto outage = static_cast<Outage>(i);
    if (rates_[i] == 0 || running_.contains(outage) || simulation.choose(rates_[i]) != 0) continue;
    begin(outage);
    changed = true;
  }
  return changed;
}

void Outages::begin(Outage outage) {
  platform::Simulation& simulation = cloud_.simulation();
  const Kind& kind = kind_of(outage);
  // Half of them are short: deadlines are not passed, but what was under way is torn.
  const uint64_t most = simulation.choose(2) == 0 ? kind.most_seconds : kind.most_seconds / 8;
  const Onset onset{cloud_, seconds{1 + simulation.choose(most + 1)}};
  running_[outage] = {simulation.now() + onset.duration, kind.begin(onset)};
}

void Outages::add_to(Faults& faults) const {
  for (const auto& [outage, running] : running_) {
    const Faults& more = running.faults;
    faults.cut_from_bus.insert(more.cut_from_bus.begin(), more.cut_from_bus.end());
    faults.cut_from_http.insert(more.cut_from_http.begin(), more.cut_from_http.end());
    faults.cut_from_database.insert(more.cut_from_database.begin(), more.cut_from_database.end());
    faults.cut_requests.insert(more.cut_requests.begin(), more.cut_requests.end());
    faults.databases_away.insert(more.databases_away.begin(), more.databases_away.end());
    faults.broker_away = faults.broker_away || more.broker_away;
  }
}

}  // namespace simulation
