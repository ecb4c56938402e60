#include "nova/store/aggregates.hpp"

#include "nova/store/allocations.hpp"
#include "nova/store/counters.hpp"

namespace nova::store {
namespace {

using platform::Session;

void touch_hosts(Session& session, int64_t id) {
  for (const std::string& host : list_aggregate_hosts(session, id)) touch_host(session, host);
}

}  // namespace

std::vector<AggregateRow> list_aggregates(Session& session) {
  return platform::select<AggregateRow>(session, "ORDER BY id");
}

std::optional<AggregateRow> find_aggregate(Session& session, int64_t id) {
  return platform::find<AggregateRow>(session, "WHERE id=?", {id});
}

void create_aggregate(Session& session, AggregateRow& row) {
  row.id = take_numbers(session, "aggregates");
  platform::insert(session, row);
}

void update_aggregate(Session& session, const AggregateRow& row) {
  platform::update(session, row);
  touch_hosts(session, row.id);
}

void delete_aggregate(Session& session, int64_t id) {
  session.execute("DELETE FROM aggregates WHERE id=?", {id});
}

std::vector<std::string> list_aggregate_hosts(Session& session, int64_t id) {
  std::vector<std::string> hosts;
  session.query("SELECT host FROM aggregate_hosts WHERE aggregate_id=? ORDER BY host", {id},
                [&](const platform::SqlRow& row) { hosts.emplace_back(row.text(0)); });
  return hosts;
}

void add_aggregate_host(Session& session, int64_t id, const std::string& host) {
  session.execute("INSERT INTO aggregate_hosts (aggregate_id, host) VALUES (?,?)", {id, host});
  touch_host(session, host);
}

bool remove_aggregate_host(Session& session, int64_t id, const std::string& host) {
  const int64_t gone =
      session.change("DELETE FROM aggregate_hosts WHERE aggregate_id=? AND host=?", {id, host});
  touch_host(session, host);
  return gone > 0;
}

std::string zone_of_host(Session& session, const std::string& host) {
  std::string zone;
  session.query(
      "SELECT g.availability_zone FROM aggregate_hosts h JOIN aggregates g ON g.id=h.aggregate_id "
      "WHERE h.host=? AND g.availability_zone<>''",
      {host}, [&](const platform::SqlRow& row) { zone = std::string(row.text(0)); });
  return zone;
}

}  // namespace nova::store
