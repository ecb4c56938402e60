#include "cinder/store/quotas.hpp"

namespace cinder::store {
namespace {

using openstack::read_limits;
using platform::Session;

struct QuotaRow {
  static constexpr std::string_view kTable = "quotas";
  std::string project_id;
  std::string resource;
  int64_t hard_limit = 0;
};
BOOST_DESCRIBE_STRUCT(QuotaRow, (), (project_id, resource, hard_limit))

// Both: key, count, GiB, of the one value that `sql` asks for.
void add_volumes(Session& session, Usage& usage, std::string_view sql, const std::string& of) {
  session.query(sql, {of}, [&](const platform::SqlRow& row) {
    TypeUsage& type = usage[std::string(row.text(0))];
    type.volumes = row.integer(1);
    type.volumes_gib = row.integer(2);
  });
}
void add_snapshots(Session& session, Usage& usage, std::string_view sql, const std::string& of) {
  session.query(sql, {of}, [&](const platform::SqlRow& row) {
    TypeUsage& type = usage[std::string(row.text(0))];
    type.snapshots = row.integer(1);
    type.snapshots_gib = row.integer(2);
  });
}

}  // namespace

Limits list_quotas(Session& session, const std::string& project_id) {
  return read_limits(session, "SELECT resource, hard_limit FROM quotas WHERE project_id=?",
                     {project_id});
}

void set_quota(Session& session, const std::string& project_id, const std::string& resource,
               int64_t limit) {
  platform::replace(session, QuotaRow{project_id, resource, limit});
}

void delete_quotas(Session& session, const std::string& project_id) {
  session.execute("DELETE FROM quotas WHERE project_id=?", {project_id});
}

Usage usage_of_project(Session& session, const std::string& project_id) {
  Usage usage;
  add_volumes(session, usage,
              "SELECT volume_type_id, COUNT(*), SUM(claimed_gib) FROM volumes WHERE project_id=? "
              "GROUP BY volume_type_id",
              project_id);
  add_snapshots(session, usage,
                "SELECT volume_type_id, COUNT(*), SUM(size_gib) FROM snapshots WHERE project_id=? "
                "GROUP BY volume_type_id",
                project_id);
  return usage;
}

Usage usage_of_backend(Session& session, const std::string& host) {
  Usage usage;
  add_volumes(session, usage,
              "SELECT project_id, COUNT(*), SUM(size_gib) FROM volumes WHERE pool IN (SELECT name "
              "FROM pools WHERE host=?) GROUP BY project_id",
              host);
  add_snapshots(session, usage,
                "SELECT project_id, COUNT(*), SUM(size_gib) FROM snapshots WHERE pool IN (SELECT "
                "name FROM pools WHERE host=?) GROUP BY project_id",
                host);
  return usage;
}

}  // namespace cinder::store
