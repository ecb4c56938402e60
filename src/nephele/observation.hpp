// What a process shows of itself to those who watch it: /metrics and /healthcheck, on a listener of
// its own, apart from the APIs and their workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nephele/host_settings.hpp"
#include "nephele/roles.hpp"
#include "platform/database/database.hpp"
#include "platform/runtime.hpp"

namespace nephele {

// The port at which a process with these roles shows itself: that of `nephele up`, or of its first
// role, counted from `base`. Each role has one of its own.
[[nodiscard]] uint16_t observation_port(const std::vector<const RoleEntry*>& roles, uint16_t base);

class Observation {
 public:
  // Listens from now on, if [metrics] bind_host is set. The process counts as starting until
  // started(). A port that is taken is no reason not to work: it is logged.
  Observation(const HostSettings& host, const std::vector<const RoleEntry*>& roles,
              platform::Runtime runtime);
  // The databases that it watches outlive it.
  ~Observation();

  // Looks every few seconds whether the database answers, and how much its outbox holds.
  void watch(const ServiceEntry& service, platform::Database& database);
  void started();

  // Why the process can not work now, in full; empty: it can.
  [[nodiscard]] std::vector<std::string> problems() const;
  // The same for everybody: nothing of hosts and addresses.
  [[nodiscard]] std::vector<std::string> public_problems() const;
  // "http://127.0.0.1:8900", or why nothing is there.
  [[nodiscard]] const std::string& address() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nephele
