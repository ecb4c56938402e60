// nova-conductor: through it alone compute hosts reach the database. Every change is a
// compare-and-set on host and operation: a host touches only the servers that are on it.
#pragma once

#include <memory>

#include "nova/app/app.hpp"
#include "nova/conductor/host_reports.hpp"

namespace nova::conductor {

// Subscribed to "conductor" from construction to destruction.
class Conductor {
 public:
  explicit Conductor(app::App& app);
  ~Conductor();

 private:
  [[nodiscard]] MaybeServer get_server(const GetServer& wanted);
  [[nodiscard]] ServerList list_servers(const ListServersOfHost& wanted);
  [[nodiscard]] Changed report_server(const ReportServer& report);
  [[nodiscard]] Changed build_failed(const app::Origin& origin, const BuildFailed& failed);
  [[nodiscard]] Changed server_terminated(const ServerTerminated& terminated);
  [[nodiscard]] MaybeOperation begin_operation(const BeginOperation& wanted);
  platform::Nothing save_saga(const SaveSaga& saved);
  platform::Nothing report_extension(const ReportExtension& report);
  Changed report_volume(const ReportVolume& report);
  void release_ports(const app::Origin& origin, const ReleaseServer& wanted);
  void release_lost_volume(const std::string& server_id, const std::string& volume_id,
                           const std::string& request_id);
  void release_volumes(const std::string& server_id, const std::vector<std::string>& volumes,
                       const std::string& request_id);

  app::App& app_;
  HostReports host_reports_;
  std::unique_ptr<platform::Subscription> subscription_;
};

}  // namespace nova::conductor
