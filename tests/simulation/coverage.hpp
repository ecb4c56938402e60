// Which of the rare and bad things a run really contained: weather that reaches nothing proves
// nothing.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "cloud.hpp"

namespace simulation {

enum class Event {
  // Of hosts that stood still or were cut off, and then went on as the same process.
  server_given_away,
  server_deleted,
  operation_given_up,
  lease_taken_over,
  host_lost,
  // While a server was in an operation.
  broker_away,
  database_away,
  partition,
  volume_in_use,
  // The volume was on its way.
  volume_away_from_broker,
  volume_away_from_database,
  volume_apart,
};
inline constexpr std::array kEventNames{
    "a server given to another host while its former one lived on",
    "a server deleted without its host, which came back with it",
    "an operation given up whose host came back with it",
    "a lease taken over from a holder that lived on",
    "a host lost for good",
    "the broker away while something was under way",
    "a database away while something was under way",
    "two sides while something was under way",
    "a volume that a server had",
    "the broker away while a volume was on its way",
    "a database away while a volume was on its way",
    "two sides while a volume was on its way",
};
inline constexpr size_t kEvents = kEventNames.size();
using Coverage = std::array<bool, kEvents>;

class Observer {
 public:
  explicit Observer(Cloud& cloud) : cloud_(cloud) {}
  // Between slices of time, with the faults that are.
  void look(const platform::Faults& faults);
  void saw(Event event) { seen_[static_cast<size_t>(event)] = true; }
  [[nodiscard]] const Coverage& seen() const { return seen_; }

 private:
  // How often the processes of a host were started, if none of them is dead; else 0.
  [[nodiscard]] size_t life_of(const std::string& host, const char* role) const;
  [[nodiscard]] bool stands(const std::string& host, const platform::Faults& faults) const;
  void look_at_servers(const platform::Faults& faults);
  void look_at_volumes(const platform::Faults& faults);
  void look_at_leases(const platform::Faults& faults);
  void look_at_who_came_back(const platform::Faults& faults);

  struct Server {
    std::string host;
    std::string operation;
    size_t life = 0;
  };
  struct Holder {
    std::string name;
    size_t life = 0;
  };
  // Somebody else has its work, and it does not know.
  struct Unknowing {
    Event event;
    std::string host;
    const char* role;
    size_t life;
  };

  Cloud& cloud_;
  std::map<std::string, Server> servers_;
  std::map<std::string, Holder> leases_;
  std::vector<Unknowing> unknowing_;
  Coverage seen_{};
};

}  // namespace simulation
