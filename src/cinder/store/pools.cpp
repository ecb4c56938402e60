#include "cinder/store/pools.hpp"

namespace cinder::store {
namespace {

using platform::Session;

const std::string& pool_select() {
  static const std::string sql =
      "SELECT " + platform::columns_of<PoolRow>("p") + ", " +
      platform::columns_of<ServiceRow>("s") +
      ", (SELECT SUM(v.claimed_gib) FROM volumes v WHERE v.pool=p.name), "
      "(SELECT SUM(n.size_gib) FROM snapshots n WHERE n.pool=p.name), "
      "(SELECT SUM(m.size_gib) FROM volume_migrations m WHERE m.target_pool=p.name) "
      "FROM pools p JOIN services s ON s.host=p.host AND s.binary_name='cinder-volume' ";
  return sql;
}

std::vector<PoolState> select_pools(Session& session, std::string_view tail,
                                    const platform::SqlValues& values) {
  constexpr size_t kOfPool = platform::column_count<PoolRow>();
  constexpr size_t kOfBoth = kOfPool + platform::column_count<ServiceRow>();
  std::vector<PoolState> pools;
  session.query(pool_select() + std::string(tail), values, [&](const platform::SqlRow& row) {
    const auto sum = [&](size_t column) { return row.is_null(column) ? 0 : row.integer(column); };
    pools.push_back({platform::decode<PoolRow>(row), platform::decode<ServiceRow>(row, kOfPool),
                     sum(kOfBoth) + sum(kOfBoth + 1) + sum(kOfBoth + 2)});
  });
  return pools;
}

}  // namespace

void report_pool(Session& session, const PoolRow& report) {
  const auto known = platform::find<PoolRow>(session, "WHERE name=?", {report.name});
  if (!known) return platform::insert(session, report);
  PoolRow row = report;
  row.claims = known->claims;
  platform::update(session, row, *known);
}

std::vector<PoolState> list_pools(Session& session) {
  return select_pools(session, "ORDER BY p.name", {});
}

std::optional<PoolState> find_pool(Session& session, const std::string& name) {
  auto pools = select_pools(session, "WHERE p.name=?", {name});
  if (pools.empty()) return std::nullopt;
  return std::move(pools.front());
}

void touch_pool(Session& session, const std::string& name) {
  session.execute("UPDATE pools SET claims=claims+1 WHERE name=?", {name});
}

std::vector<DecisionRow> list_decisions(Session& session, const std::string& volume_id) {
  return platform::select<DecisionRow>(session, "WHERE volume_id=? ORDER BY created_at, id",
                                       {volume_id});
}

}  // namespace cinder::store
