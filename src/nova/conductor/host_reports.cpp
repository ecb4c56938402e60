#include "nova/conductor/host_reports.hpp"

namespace nova::conductor {
namespace {

constexpr base::Duration kWriteInterval = std::chrono::seconds{1};

}  // namespace

HostReports::HostReports(app::App& app)
    : app_(app),
      loop_(std::make_unique<platform::Periodic>(app.runtime.executor, "host reports",
                                                 kWriteInterval, [this] { write_waiting(); })) {}

bool HostReports::may_wait(const ReportHost& report, base::TimePoint now) const {
  const auto known = known_.find(report.host);
  return known != known_.end() && known->second.report == report &&
         now - known->second.taken_at < app_.settings.service_down_time / 2;
}

void HostReports::take(const ReportHost& report) {
  const base::TimePoint now = app_.now();
  store::HostReport host{report, app_.uuid(), app_.uuid()};
  {
    const std::lock_guard lock(mutex_);
    if (may_wait(report, now)) {
      known_[report.host].taken_at = now;
      waiting_.insert_or_assign(report.host, std::move(host));
      return;
    }
    waiting_.erase(report.host);  // it is older
  }
  app_.database.write("host.report",
                      [&](platform::Session& session) { report_host(session, host, now); });
  const std::lock_guard lock(mutex_);
  known_.insert_or_assign(report.host, Known{report, now});
}

void HostReports::write_waiting() {
  std::vector<store::HostReport> reports;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, host] : waiting_) reports.push_back(std::move(host));
    waiting_.clear();
  }
  if (reports.empty()) return;
  const base::TimePoint now = app_.now();
  app_.database.write("host.reports",
                      [&](platform::Session& session) { report_hosts(session, reports, now); });
}

}  // namespace nova::conductor
