#include "cinder/store/services.hpp"

namespace cinder::store {

using platform::Session;

void beat(Session& session, const Heartbeat& heartbeat, base::TimePoint now) {
  const int64_t known = session.change(
      "UPDATE services SET last_seen_at=?, availability_zone=? WHERE host=? AND binary_name=?",
      {now, heartbeat.availability_zone, heartbeat.host, heartbeat.binary_name});
  if (known > 0) return;
  ServiceRow row;
  row.id = heartbeat.new_id;
  row.host = heartbeat.host;
  row.binary_name = heartbeat.binary_name;
  row.availability_zone = heartbeat.availability_zone;
  row.last_seen_at = now;
  row.created_at = now;
  platform::insert(session, row);
}

std::vector<ServiceRow> list_services(Session& session) {
  return platform::select<ServiceRow>(session, "ORDER BY binary_name, host");
}

std::optional<ServiceRow> find_service(Session& session, const std::string& host,
                                       std::string_view binary_name) {
  return platform::find<ServiceRow>(session, "WHERE host=? AND binary_name=?", {host, binary_name});
}

}  // namespace cinder::store
