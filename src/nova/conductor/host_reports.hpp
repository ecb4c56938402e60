// The reports of compute hosts. A cloud of a thousand hosts gets a hundred in a second, of which
// hardly any says more than that its host lives: those wait for each other and share one
// transaction.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "nova/app/app.hpp"
#include "nova/store/hosts.hpp"

namespace nova::conductor {

// Thread-safe.
class HostReports {
 public:
  explicit HostReports(app::App& app);

  // Durable when this returns if it says something else than the last one that came here, or if
  // that is so long ago that the host may soon count as down. Else it is written within a second:
  // what a conductor that dies has not written, the host says again with its next report.
  void take(const ReportHost& report);

 private:
  // What was taken here last.
  struct Known {
    ReportHost report;
    base::TimePoint taken_at;
  };
  using Waiting = std::map<std::string, store::HostReport>;  // by host

  [[nodiscard]] bool may_wait(const ReportHost& report, base::TimePoint now) const;
  void write_waiting();

  app::App& app_;
  std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;  // by host
  Waiting waiting_;
  std::unique_ptr<platform::Periodic> loop_;  // last: it uses the others
};

}  // namespace nova::conductor
