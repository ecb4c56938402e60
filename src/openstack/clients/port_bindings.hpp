// Which ports are bound to which server and host, changed by compare-and-set: Neutron refuses a
// change of a port that somebody else has changed since it was read (If-Match), so two servers can
// not get one port, and a host that was taken for dead can not take a port back.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "openstack/clients/service_session.hpp"

namespace openstack::clients {

// The mark of ports that Nova made for a server: they go with it. Others are the user's.
inline constexpr const char* kMadeByNova = "made_by_nova";

struct PortBinding {
  std::string port_id;
  std::string server_id;
  bool made_by_nova = false;
};

// Thread-safe. All throw base::Error.
class PortBindings {
 public:
  PortBindings(ServiceSession& session, std::string url_base)
      : session_(session), url_base_(std::move(url_base)) {}

  // Every port of a server that is bound to that host.
  [[nodiscard]] std::vector<PortBinding> list(const std::string& host,
                                              const std::string& request_id);
  // Binds the port to the server on that host. `still_wanted` is asked after the port was read and
  // before it is changed; it throws if the caller does not own the server any more. Throws
  // Error(bad_request) if another server has the port.
  void bind(const std::string& port_id, const std::string& server_id, const std::string& host,
            const std::function<void()>& still_wanted, const std::string& request_id);
  // Gives a user his port back if it is the server's and bound to that host; else nothing.
  void release(const PortBinding& binding, const std::string& host, const std::string& request_id);
  // Deletes a port that Nova made, under the same condition.
  void remove(const PortBinding& binding, const std::string& host, const std::string& request_id);

 private:
  // Reads the port, and has it changed unless somebody interferes: then it begins again.
  void change(
      const std::string& port_id, const std::string& request_id,
      const std::function<void(const base::Json& port, platform::http::Request& request)>& prepare);

  ServiceSession& session_;
  std::string url_base_;
};

}  // namespace openstack::clients
