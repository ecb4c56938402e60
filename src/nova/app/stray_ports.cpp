#include "nova/app/stray_ports.hpp"

#include "nova/store/hosts.hpp"
#include "nova/store/instances.hpp"
#include "platform/current_request.hpp"
#include "platform/log.hpp"

namespace nova::app {
namespace {

using openstack::clients::PortBinding;
using platform::Session;

}  // namespace

StrayPorts::StrayPorts(App& app) : app_(app), bindings_(app.session, app.settings.neutron_url) {}

void StrayPorts::look() {
  for (const std::string& host : list_down_hosts()) {
    try {
      look_after(host);
    } catch (const base::Error& error) {
      platform::log_warning("ports of a host that is down are not compared now host={} error={}",
                            host, error.what());
    }
  }
}

std::vector<std::string> StrayPorts::list_down_hosts() {
  const base::TimePoint alive_after = app_.now() - app_.settings.service_down_time;
  return app_.database.read([&](Session& session) {
    std::vector<std::string> hosts;
    session.query(
        "SELECT host FROM services WHERE binary_name='nova-compute' AND (last_seen_at<? OR "
        "forced_down=1) ORDER BY host",
        {alive_after}, [&](const platform::SqlRow& row) { hosts.emplace_back(row.text(0)); });
    return hosts;
  });
}

void StrayPorts::look_after(const std::string& host) {
  const std::string& request_id = platform::current_request().request_id;
  for (const PortBinding& binding : bindings_.list(host, request_id)) {
    if (is_kept(binding, host)) continue;
    platform::log_warning("releasing a port that a host which is down has left port={} server={}",
                          binding.port_id, binding.server_id);
    try {
      if (binding.made_by_nova)
        bindings_.remove(binding, host, request_id);
      else
        bindings_.release(binding, host, request_id);
    } catch (const base::Error& error) {
      if (error.kind() != base::ErrorKind::not_found) throw;
    }
  }
}

bool StrayPorts::is_kept(const PortBinding& binding, const std::string& host) {
  return app_.database.read([&](Session& session) {
    const auto server = store::find_instance(session, binding.server_id);
    return server && (server->host == host || !server->operation_id.empty());
  });
}

}  // namespace nova::app
