// Nova's API as the other services need it.
#pragma once

#include <string>
#include <vector>

#include "openstack/clients/service_session.hpp"

namespace openstack::clients {

// One event of POST /os-server-external-events.
struct ServerEvent {
  std::string name = {};  // "network-vif-plugged", "network-vif-unplugged", "network-vif-deleted"
  std::string server_id = {};
  std::string tag = {};  // the port's id
  std::string status = "completed";
};

// Thread-safe.
class Nova {
 public:
  Nova(ServiceSession& session, std::string url_base)
      : session_(session), url_base_(std::move(url_base)) {}
  // Unknown servers are ignored, as Nova does with them one by one.
  void send_events(const std::vector<ServerEvent>& events, const std::string& request_id);

 private:
  ServiceSession& session_;
  std::string url_base_;
};

}  // namespace openstack::clients
