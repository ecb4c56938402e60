#include "openstack/clients/nova.hpp"

#include "base/error.hpp"

namespace openstack::clients {

void Nova::send_events(const std::vector<ServerEvent>& events, const std::string& request_id) {
  if (events.empty()) return;
  base::JsonArray rows;
  for (const ServerEvent& event : events) {
    base::JsonObject row{
        {"name", event.name}, {"server_uuid", event.server_id}, {"status", event.status}};
    if (!event.tag.empty()) row["tag"] = event.tag;
    rows.push_back(std::move(row));
  }
  try {
    session_.call(url_base_, "POST", "/v2.1/os-server-external-events",
                  base::JsonObject{{"events", std::move(rows)}}, request_id);
  } catch (const base::Error& error) {
    // 404: none of the servers is there (any more). Some of them is 207, no error at all.
    if (error.kind() != base::ErrorKind::not_found) throw;
  }
}

}  // namespace openstack::clients
