#include "nova/store/quotas.hpp"

namespace nova::store {
namespace {

using openstack::read_limits;
using platform::Session;

struct QuotaRow {
  static constexpr std::string_view kTable = "quotas";
  std::string project_id;
  std::string user_id;  // empty: the project's
  std::string resource;
  int64_t hard_limit = 0;
};
BOOST_DESCRIBE_STRUCT(QuotaRow, (), (project_id, user_id, resource, hard_limit))

Usage read_usage(Session& session, std::string_view sql, const platform::SqlValues& values) {
  Usage usage;
  session.query(sql, values, [&](const platform::SqlRow& row) {
    usage.instances = row.integer(0);
    usage.cores = row.is_null(1) ? 0 : row.integer(1);
    usage.ram = row.is_null(2) ? 0 : row.integer(2);
  });
  return usage;
}

}  // namespace

Limits list_quotas(Session& session, const std::string& project_id, const std::string& user_id) {
  return read_limits(session,
                     "SELECT resource, hard_limit FROM quotas WHERE project_id=? AND user_id=?",
                     {project_id, user_id});
}

ProjectLimits list_quotas_of_both(Session& session, const std::string& project_id,
                                  const std::string& user_id) {
  ProjectLimits limits;
  session.query(
      "SELECT user_id, resource, hard_limit FROM quotas WHERE project_id=? AND user_id IN ('',?)",
      {project_id, user_id}, [&](const platform::SqlRow& row) {
        Limits& whose = row.text(0).empty() ? limits.project : limits.user;
        whose[std::string(row.text(1))] = row.integer(2);
      });
  return limits;
}

void set_quota(Session& session, const std::string& project_id, const std::string& user_id,
               const std::string& resource, int64_t limit) {
  platform::replace(session, QuotaRow{project_id, user_id, resource, limit});
}

void delete_quotas(Session& session, const std::string& project_id, const std::string& user_id) {
  if (user_id.empty())
    session.execute("DELETE FROM quotas WHERE project_id=?", {project_id});
  else
    session.execute("DELETE FROM quotas WHERE project_id=? AND user_id=?", {project_id, user_id});
}

Usage usage_of_project(Session& session, const std::string& project_id) {
  return read_usage(session,
                    "SELECT COUNT(*), SUM(vcpus), SUM(memory_mib) FROM instances "
                    "WHERE project_id=? AND deleted=0",
                    {project_id});
}

Usage usage_of_user(Session& session, const std::string& project_id, const std::string& user_id) {
  return read_usage(session,
                    "SELECT COUNT(*), SUM(vcpus), SUM(memory_mib) FROM instances "
                    "WHERE project_id=? AND deleted=0 AND user_id=?",
                    {project_id, user_id});
}

}  // namespace nova::store
